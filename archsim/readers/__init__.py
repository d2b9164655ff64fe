"""What is read from outside, in one hardened way.

The ground lies in `workloads`, where networks and data sets need it too and which may not import
archsim: `workloads.files` (regular files only, never more bytes than allowed),
`workloads.documents` (JSON and TOML: depth, digits, no key twice), `workloads.npz` (arrays:
heads checked before anything is unpacked, nothing unpickled); `hwlib.text` makes what they hold
safe to show. Here stands what stored documents of archsim have on top: `digest`, by which each
proves that it is as it was written. What a document may hold is said beside what it is
(`archsim.run.result_schema`, `archsim.exploration.space.load`), and
`archsim.validation.stored_results` holds a whole folder against all of it.
"""
