// The mixed content of an element in its order.
#pragma once
#include "xml/document.h"

namespace chancery::xml {

/// Calls text(raw) for every stretch of character data in the element that is not empty, and child(view) for
/// every child element, in the order they stand.
template <class OnText, class OnChild>
void for_each_part(View element, OnText text, OnChild child) {
    const Tree& tree = *element.tree();
    auto at = element.node().content;
    for (View c = element.first_child(); c; c = c.next()) {
        if (at != c.node().start) text(tree.between(at, c.node().start));
        child(c);
        at = c.node().end;
    }
    if (at != element.node().content_end) text(tree.between(at, element.node().content_end));
}

}  // namespace chancery::xml
