#include "xml/parse.h"

#include "xml/chars.h"
#include "xml/scanner.h"

namespace chancery::xml {
namespace {

Result<Document, Fault> parse_into(PooledTree tree, std::string_view text, const Limits& limits,
                                   std::string_view default_ns) {
    const char* const end = text.data() + text.size();
    const char* const start = skip_space(text.data(), end);
    if (end - start < 2 || *start != '<') return refusal(Fault::not_well_formed);
    if (start[1] == '!' || start[1] == '?') return refusal(Fault::restricted_xml);
    if (!default_ns.empty()) tree->inherit({}, tree->arena.keep(default_ns));

    Scanner scanner;
    scanner.begin(*tree, limits, Scanner::Extent::element);
    switch (scanner.run({start, end})) {
        case Scanner::Outcome::fault: return refusal(scanner.fault());
        case Scanner::Outcome::more: return refusal(Fault::not_well_formed);
        case Scanner::Outcome::complete: break;
    }
    if (skip_space(start + scanner.size(), end) != end) return refusal(Fault::not_well_formed);
    return Document(std::move(tree));
}

}  // namespace

Result<Document, Fault> parse(std::string_view text, const Limits& limits, std::string_view default_ns) {
    return parse_into(take_tree(), text, limits, default_ns);
}

Result<Document, Fault> parse_owned(std::string text, const Limits& limits, std::string_view default_ns) {
    auto tree = take_tree();
    tree->owned = std::move(text);
    const std::string_view kept = tree->owned;
    return parse_into(std::move(tree), kept, limits, default_ns);
}

}  // namespace chancery::xml
