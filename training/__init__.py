"""CoT-ICMT examples, LoRA fine-tuning of the student, prediction, and evaluation."""
