"""The version of archsim."""

VERSION = "0.1.0"
