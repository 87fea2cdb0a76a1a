"""Reads Git's commits and trees, as `packs.unpack` gives them."""

from __future__ import annotations

from collections.abc import Iterator

from crawlers.git.pktline import Malformed, object_id

_MODES = {
    0o040000: "tree",
    0o160000: "commit",
    0o120000: "link",
    0o100644: "blob",
    0o100755: "blob",
    0o100664: "blob",
}


def tree_of(commit: bytes) -> str:
    """The id of a commit's root tree."""
    head, _, _ = commit.partition(b"\n")
    if not head.startswith(b"tree "):
        raise Malformed("its commit cannot be read")
    return object_id(head[5:])


def entries(tree: bytes, size: int = 20) -> Iterator[tuple[str, str, str]]:
    """Name, kind and id of each entry of a tree. Kinds: blob, tree, commit (a submodule), link, other.

    `size` is the bytes of an id.
    """
    position = 0
    while position < len(tree):
        space = tree.find(b" ", position, position + 8)
        end = tree.find(b"\0", position, position + 4200)
        if space < 0 or end < space or end + size >= len(tree):
            raise Malformed("its list of files cannot be read")
        try:
            kind = _MODES[int(tree[position:space], 8)]
        except (ValueError, KeyError):
            kind = "other"
        yield tree[space + 1 : end].decode("utf-8", "replace"), kind, tree[end + 1 : end + 1 + size].hex()
        position = end + 1 + size
