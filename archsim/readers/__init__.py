"""What is read from outside, in one hardened way.

In goes a path, out comes checked data or an InputError that says what, where, got, allowed, nearest.
`files` opens (regular files only, never more bytes than allowed); `documents` reads JSON and TOML
(depth, digits, no key twice), `arrays` .npz files (heads checked before anything is unpacked, nothing
unpickled). `checks` and `form` say what may be in a document and what it is as JSON Schema, `table`
reads a table field by field where a field decides what the next may be. `versions` is the table of
kinds of documents with their versions and migrations, `digest` how each proves itself, `stored` all of
that in one call. `call_types` holds the arguments of public calls to their types. Begin with
`stored.read_stored`. Uses hwlib only; everything else may use it.
"""
