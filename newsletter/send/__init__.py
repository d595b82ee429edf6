"""To everyone still waiting, step by step: the plan, the SMTP conversation, and what each reply means."""
