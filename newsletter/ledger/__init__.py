"""Who was sent what, and who must not be mailed: one SQLite file, a lock, and the practice's secret key."""
