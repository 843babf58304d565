//! The path of a letter, step by step.
