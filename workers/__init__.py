"""The processes behind the web: jobs, schedule, supervision."""
