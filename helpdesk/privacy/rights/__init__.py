"""What people may ask about their own data (AVG art. 15-21): requests, exports, restriction, redaction, erasure."""
