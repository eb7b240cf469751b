"""What people decide about keeping and destroying: rules, holds, lists, requests. Stands on tickets and retention."""
