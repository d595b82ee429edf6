"""What comes back to the practice: bounces, opt-outs, complaints and answers, each understood and acted upon once."""
