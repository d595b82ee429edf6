"""Who sends: the practice, its mailbox and provider, and its domain as other mail servers see it."""
