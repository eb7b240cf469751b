"""Chat in the browser: the page of the person who asks, and the desk of advisors."""
