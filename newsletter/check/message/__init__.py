"""The mail itself: headers, parts, what stands in the inbox, and the way out of the list."""
