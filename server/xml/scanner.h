// Scans one element, strictly, into a Tree. The inside of StreamScanner and parse().
//
// The scanner is a state machine that can stop at any byte and go on there when more has arrived: no byte of
// an element is looked at again because it came alone, but for the few of a reference or a bracket (at most
// 12). It never reads beyond the limit of the element, so what it says does not depend on how the bytes were
// cut.
#pragma once
#include <string_view>

#include "xml/fault.h"
#include "xml/limits.h"
#include "xml/tree.h"

namespace chancery::xml {

class Scanner {
  public:
    enum class Outcome { complete, more, fault };
    enum class Extent { element, start_tag };

    /// Begins an element, or a start tag that stays open, in an empty tree that has its inherited namespaces.
    void begin(Tree& tree, const Limits& limits, Extent extent);

    /// Goes on with `bytes`: everything from the element's < on that has arrived, whatever was given before
    /// included.
    Outcome run(std::string_view bytes);

    /// After complete: how many bytes the element has.
    std::size_t size() const { return at_; }
    /// After fault: which.
    Fault fault() const { return fault_; }

  private:
    enum class State : unsigned char { content, cdata, end_tag, name, gap, attribute, equals, quote, value };

    // The steps take the place they are at and return where to go on; nullptr when there is no going on.
    const char* content(const char* p);
    const char* markup(const char* p);
    const char* brackets(const char* p);
    const char* cdata_or_refusal(const char* p);
    const char* cdata(const char* p);
    const char* end_tag(const char* p);
    const char* end_tag_rest(const char* p);
    const char* start_tag(const char* p);
    const char* gap(const char* p);
    const char* equals(const char* p);
    const char* quote(const char* p);
    const char* value(const char* p);
    const char* finish_start_tag(const char* p);
    const char* close(const char* p);
    const char* qname(const char* p);
    const char* reference(const char* p);
    const char* character(const char* p);

    bool open(const char* p);
    bool attribute(const char* p);
    bool bind(const QName& name, Slice value);
    bool resolve(Node& node);
    bool expanded_names_differ(const Node& node);
    std::uint32_t namespace_of(const QName& name, std::uint32_t scope);

    const char* stop(const char* p);
    const char* fail(Fault fault);
    QName marked() const;
    std::uint32_t offset(const char* p) const { return static_cast<std::uint32_t>(p - base_); }

    Tree* tree_ = nullptr;
    Limits limits_;
    const char* base_ = nullptr;
    const char* end_ = nullptr;
    std::uint32_t at_ = 0;     ///< where to go on
    std::uint32_t mark_ = 0;   ///< where the name began
    std::uint32_t colon_ = 0;  ///< its colon, 0 if there is none
    std::uint32_t name_size_ = 0;
    std::uint32_t value_at_ = 0;
    std::uint32_t open_ = none;
    std::uint32_t depth_ = 0;
    Extent extent_ = Extent::element;
    State state_ = State::name;
    Outcome outcome_ = Outcome::more;
    Fault fault_ = Fault::not_well_formed;
    char quote_ = 0;
    bool plain_ = true;
};

}  // namespace chancery::xml
