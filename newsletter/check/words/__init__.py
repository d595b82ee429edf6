"""What is said: claims, offers, patients' stories, safety, privacy, plain language, spelling."""
