"""Chip descriptions: validated settings and the files they come from."""

from archsim.architecture.load import architecture_path, list_architectures, load_architecture

__all__ = ["architecture_path", "list_architectures", "load_architecture"]
