"""What patients will see, in a browser: the mail as it will be sent, shown again as soon as a file is saved."""
