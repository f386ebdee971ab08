// The vectors are those of the reference implementation of RFC 6962 (certificate-transparency,
// merkle_tree_test).
#include "journal/merkle.h"

#include <doctest/doctest.h>

#include "base/bytes.h"

using namespace chancery;
using namespace chancery::journal;

namespace {

const std::vector<std::string>& inputs() {
    static const std::vector<std::string> bytes = [] {
        std::vector<std::string> out;
        for (auto hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                         "606162636465666768696a6b6c6d6e6f"})
            out.push_back(*from_hex(hex));
        return out;
    }();
    return bytes;
}

constexpr const char* roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                 "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                 "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                 "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                 "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                 "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

std::string hex(const Digest& digest) { return to_hex(view(digest)); }

/// A tree of the first `size` inputs, and its nodes.
struct Tree {
    explicit Tree(std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            peaks.append(leaf_hash(inputs()[i % 8]), [this](const Digest& node) { nodes.push_back(node); });
    }
    NodeSource source() const {
        return [this](std::uint64_t number) { return nodes.at(number); };
    }
    Peaks peaks;
    std::vector<Digest> nodes;
};

}  // namespace

TEST_CASE("TheRootsAreThoseOfTheReferenceVectors") {
    CHECK(hex(Peaks().root()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (std::size_t size = 1; size <= 8; ++size) {
        CHECK(hex(Tree(size).peaks.root()) == roots[size - 1]);
        CHECK(hex(peaks_at(Tree(8).source(), size).root()) == roots[size - 1]);
        CHECK(Tree(size).nodes.size() == node_count(size));
    }
}

TEST_CASE("InclusionPathsAreThoseOfTheReferenceVectors") {
    const Tree tree(8);
    const auto path = inclusion_path(tree.source(), 0, 8);
    REQUIRE(path.size() == 3);
    CHECK(hex(path[0]) == "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
    CHECK(hex(path[1]) == "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e");
    CHECK(hex(path[2]) == "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
    const auto third = inclusion_path(tree.source(), 2, 3);
    REQUIRE(third.size() == 1);
    CHECK(hex(third[0]) == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
}

TEST_CASE("ConsistencyPathsAreThoseOfTheReferenceVectors") {
    const Tree tree(8);
    const auto path = consistency_path(tree.source(), 6, 8);
    REQUIRE(path.size() == 3);
    CHECK(hex(path[0]) == "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a");
    CHECK(hex(path[1]) == "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0");
    CHECK(hex(path[2]) == "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
}

TEST_CASE("EveryProofOfEveryTreeVerifiesAndNoOtherDoes") {
    const Tree tree(40);
    for (std::uint64_t size = 1; size <= 40; ++size) {
        const auto root = peaks_at(tree.source(), size).root();
        for (std::uint64_t position = 0; position < size; ++position) {
            auto path = inclusion_path(tree.source(), position, size);
            const auto leaf = leaf_hash(inputs()[position % 8]);
            CHECK(verify_inclusion(leaf, position, size, path, root));
            CHECK_FALSE(verify_inclusion(leaf_hash("other"), position, size, path, root));
            CHECK_FALSE(verify_inclusion(leaf, position + size, size, path, root));
            path.push_back(root);
            CHECK_FALSE(verify_inclusion(leaf, position, size, path, root));
        }
        for (std::uint64_t from = 1; from <= size; ++from) {
            auto path = consistency_path(tree.source(), from, size);
            const auto old_root = peaks_at(tree.source(), from).root();
            CHECK(verify_consistency(from, size, path, old_root, root));
            CHECK_FALSE(verify_consistency(from, size, path, leaf_hash("other"), root));
            CHECK_FALSE(verify_consistency(from, size, path, old_root, leaf_hash("other")));
            path.push_back(root);
            CHECK_FALSE(verify_consistency(from, size, path, old_root, root));
        }
        CHECK(consistency_path(tree.source(), 0, size).empty());  // RFC 6962 §2.1.2: D[0] begins every tree
        CHECK(verify_consistency(0, size, {}, empty_root(), root));
        CHECK_FALSE(verify_consistency(0, size, {}, leaf_hash("other"), root));
        CHECK_FALSE(verify_consistency(0, size, std::vector{root}, empty_root(), root));
    }
}
