"""Did low-SES mentees gain more than high-SES mentees, on what, by how much, and how sure may we be?

The stages, in reading order: clean, score, model, disclose, figure, report. Frames carry the meaning between
them; `columns` says what each frame holds. A study (`study`) says what is wanted, the stages do it.
"""
