import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mynapoint.journal.merkle import (
    EMPTY_ROOT,
    Coordinate,
    Frontier,
    ProofRefused,
    Span,
    check_consistency,
    check_inclusion,
    complete_subtrees,
    consistency_spans,
    inclusion_spans,
    leaf_hash,
    prove,
)

# The eight leaves, the roots and the proofs that every implementation of RFC 6962 is tried with (Certificate
# Transparency's own test data).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


class Tree:
    """A tree with its stored subtrees, as the journal keeps it."""

    def __init__(self, leaves: list[bytes]) -> None:
        frontier = Frontier(size=0, hashes=[])
        self.nodes: dict[Coordinate, bytes] = {}
        for leaf in leaves:
            self.nodes |= dict(frontier.append(leaf_hash(leaf)))
        self.root = frontier.root

    def path(self, spans: list[Span]) -> tuple[bytes, ...]:
        return prove(spans, hash_at=self.nodes.__getitem__)


def reference_root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return hashlib.sha256(b"\x00" + leaves[0]).digest() if leaves else hashlib.sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + reference_root(leaves[:split]) + reference_root(leaves[split:])).digest()


def numbered(size: int) -> list[bytes]:
    return [b"%d" % number for number in range(size)]


class TestTree:
    @pytest.mark.parametrize("size", range(1, 9))
    def test_has_the_published_roots(self, size: int) -> None:
        assert Tree(LEAVES[:size]).root.hex() == ROOTS[size - 1]

    def test_of_nothing_has_the_hash_of_nothing(self) -> None:
        assert Tree([]).root == EMPTY_ROOT == reference_root([])

    @given(size=st.integers(0, 300))
    @settings(max_examples=50)
    def test_has_the_root_of_the_reference(self, size: int) -> None:
        assert Tree(numbered(size)).root == reference_root(numbered(size))

    @given(size=st.integers(0, 200), more=st.integers(0, 50))
    @settings(max_examples=50)
    def test_grows_on_from_its_stored_edge(self, size: int, more: int) -> None:
        leaves = numbered(size + more)
        nodes = Tree(leaves[:size]).nodes
        frontier = Frontier(size=size, hashes=[nodes[place] for place in complete_subtrees(Span(0, size))])
        for leaf in leaves[size:]:
            list(frontier.append(leaf_hash(leaf)))
        assert (frontier.size, frontier.root) == (size + more, reference_root(leaves))


class TestInclusion:
    def test_has_the_published_path(self) -> None:
        path = Tree(LEAVES).path(inclusion_spans(5, 8))
        assert [octets.hex() for octets in path] == [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]

    @pytest.mark.parametrize("size", range(1, 34))
    def test_holds_at_the_entrys_place_and_nowhere_else(self, size: int) -> None:
        leaves = numbered(size)
        tree = Tree(leaves)
        for index, leaf in enumerate(leaves):
            path = tree.path(inclusion_spans(index, size))
            check_inclusion(leaf_hash(leaf), index=index, size=size, path=path, root=tree.root)
            for other in range(-1, size + 1):
                if other != index:
                    with pytest.raises(ProofRefused):
                        check_inclusion(leaf_hash(leaf), index=other, size=size, path=path, root=tree.root)

    @pytest.mark.parametrize("index", range(7))
    def test_is_refused_with_a_path_that_was_changed(self, index: int) -> None:
        tree, leaf = Tree(LEAVES[:7]), leaf_hash(LEAVES[index])
        path = tree.path(inclusion_spans(index, 7))
        changed = [path[:-1], path[1:], (*path, bytes(32)), path[::-1], ()]
        changed += [(*path[:place], bytes(32), *path[place + 1 :]) for place in range(len(path))]
        for other in (other for other in changed if other != path):
            with pytest.raises(ProofRefused):
                check_inclusion(leaf, index=index, size=7, path=other, root=tree.root)


class TestConsistency:
    def test_has_the_published_path(self) -> None:
        path = Tree(LEAVES).path(consistency_spans(6, 8))
        assert [octets.hex() for octets in path] == [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]

    @pytest.mark.parametrize("new", range(34))
    def test_holds_for_every_smaller_tree_and_for_no_other(self, new: int) -> None:
        tree = Tree(numbered(new))
        for old in range(new + 1):
            path, old_root = tree.path(consistency_spans(old, new)), reference_root(numbered(old))
            check_consistency(old=old, new=new, path=path, old_root=old_root, new_root=tree.root)
            for wrong in ({"old_root": bytes(32)}, {"new_root": bytes(32)}, {"path": (*path, bytes(32))}, {"old": -1}):
                proof = {"old": old, "new": new, "path": path, "old_root": old_root, "new_root": tree.root}
                if old == 0 and "new_root" in wrong:
                    continue  # everything has grown from nothing
                with pytest.raises(ProofRefused):
                    check_consistency(**proof | wrong)  # type: ignore[arg-type]

    @pytest.mark.parametrize(("old", "new"), [(1, 8), (6, 8), (2, 5), (3, 7), (4, 5)])
    def test_is_refused_with_a_path_that_was_changed(self, old: int, new: int) -> None:
        tree, old_root = Tree(LEAVES[:new]), bytes.fromhex(ROOTS[old - 1])
        path = tree.path(consistency_spans(old, new))
        changed = [path[:-1], path[1:], ()]
        changed += [(*path[:place], bytes(32), *path[place + 1 :]) for place in range(len(path))]
        for other in changed:
            with pytest.raises(ProofRefused):
                check_consistency(old=old, new=new, path=other, old_root=old_root, new_root=tree.root)

    def test_is_refused_the_wrong_way_round(self) -> None:
        with pytest.raises(ProofRefused):
            check_consistency(old=3, new=2, path=(), old_root=bytes(32), new_root=bytes(32))
