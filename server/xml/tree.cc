#include "xml/tree.h"

namespace chancery::xml {
namespace {

constexpr std::size_t most_pooled = 16;
constexpr std::size_t most_kept = 4'096;  // nodes, attributes and bindings: what only a hostile element fills

// Trees that nobody uses at the moment. A tree may outlive it, in an object that is destroyed after the
// thread's own.
class Pool {
  public:
    Pool() { open = true; }
    ~Pool() { open = false; }
    static bool is_open() { return open; }

    std::vector<std::unique_ptr<Tree>> trees;

  private:
    static thread_local constinit bool open;
};
thread_local constinit bool Pool::open = false;

thread_local Pool pool;

}  // namespace

std::uint32_t Tree::find(std::string_view wanted, std::uint32_t scope) const {
    while (scope != none && prefix(bindings[scope]) != wanted) scope = bindings[scope].outer;
    return scope;
}

void Tree::inherit(std::string_view prefix, std::string_view uri) {
    const auto outer = static_cast<std::uint32_t>(bindings.size()) - 1;
    bindings.push_back({.prefix_base = prefix.data() ? prefix.data() : "",
                        .uri_base = uri.data() ? uri.data() : "",
                        .prefix = {0, static_cast<std::uint32_t>(prefix.size())},
                        .uri = {0, static_cast<std::uint32_t>(uri.size())},
                        .outer = outer,
                        .depth = outer + 2});
    inherited = outer + 2;
}

void Tree::reset() {
    base = nullptr;
    owned.clear();
    nodes.clear();
    attributes.clear();
    bindings.clear();
    bindings.push_back({.prefix_base = "xml",
                        .uri_base = ns_xml.data(),
                        .prefix = {0, 3},
                        .uri = {0, static_cast<std::uint32_t>(ns_xml.size())},
                        .depth = 1});
    inherited = 1;
    uses_inherited_prefix = false;
    arena.reset();
}

void ReturnTree::operator()(Tree* tree) const {
    std::unique_ptr<Tree> owner(tree);
    const bool is_large = tree->nodes.capacity() > most_kept || tree->attributes.capacity() > most_kept ||
                          tree->bindings.capacity() > most_kept;
    if (!Pool::is_open() || pool.trees.size() >= most_pooled || is_large) return;
    tree->owned = {};
    pool.trees.push_back(std::move(owner));
}

PooledTree take_tree() {
    auto& trees = pool.trees;
    PooledTree tree;
    if (trees.empty()) {
        tree.reset(new Tree);
    } else {
        tree.reset(trees.back().release());
        trees.pop_back();
    }
    tree->reset();
    return tree;
}

}  // namespace chancery::xml
