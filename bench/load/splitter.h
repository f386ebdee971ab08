// Cuts a server's byte stream into stanzas. Tolerant and fast: it looks for tags only and checks nothing
// else, since what is measured is the server. Comments and CDATA, which XMPP servers do not send, are not
// known.
#pragma once
#include <string>
#include <string_view>

namespace chancery::load {

/// Operation: feed() hands every complete piece to the sink as it finds it; what is incomplete is kept.
/// Limits: a piece above `largest_bytes` makes feed() return false, and the stream is of no further use.
class Splitter {
  public:
    enum class Piece { stream_open, stanza, stream_close };
    static constexpr std::size_t largest_bytes = 4 << 20;

    /// `sink(Piece, std::string_view)` returns false to stop at once: the rest of the bytes is then dropped,
    /// which is what a stream restart wants. The view is valid during the call only.
    template <class Sink>
    bool feed(std::string_view bytes, Sink&& sink) {
        if (!kept_.empty()) {
            kept_.append(bytes);
            std::string whole = std::move(kept_);
            kept_.clear();
            return split(whole, sink);
        }
        return split(bytes, sink);
    }

    void restart() {
        depth_ = 0;
        at_ = 0;
        kept_ = std::string();
    }

  private:
    struct Tag {
        std::size_t end = 0;  // one past '>'; 0 when the tag is not complete
        enum class Kind { open, close, empty, declaration } kind = Kind::open;
    };
    static Tag tag_at(std::string_view bytes, std::size_t start);

    template <class Sink>
    bool split(std::string_view bytes, Sink&& sink) {
        std::size_t begin = 0;  // of the piece that is being looked at
        std::size_t at = at_;
        at_ = 0;
        for (;;) {
            const auto open = bytes.find('<', at);
            if (open == std::string_view::npos) {
                if (depth_ <= 1) return true;  // only white space between stanzas
                return keep(bytes.substr(begin), bytes.size() - begin);
            }
            if (depth_ <= 1) begin = open;
            const Tag tag = tag_at(bytes, open);
            if (tag.end == 0) return keep(bytes.substr(begin), open - begin);
            at = tag.end;
            if (!step(tag, bytes.substr(begin, at - begin), sink)) return true;
        }
    }

    template <class Sink>
    bool step(const Tag& tag, std::string_view so_far, Sink&& sink) {
        switch (tag.kind) {
            case Tag::Kind::declaration: return true;
            case Tag::Kind::empty: return depth_ != 1 || sink(Piece::stanza, so_far);
            case Tag::Kind::open: return ++depth_ != 1 || sink(Piece::stream_open, so_far);
            case Tag::Kind::close: break;
        }
        --depth_;
        if (depth_ == 1) return sink(Piece::stanza, so_far);
        return depth_ > 0 || sink(Piece::stream_close, so_far);
    }

    bool keep(std::string_view rest, std::size_t scanned) {
        if (rest.size() > largest_bytes) return false;
        kept_.assign(rest);
        at_ = scanned;
        return true;
    }

    std::string kept_;
    std::size_t at_ = 0;  // how much of kept_ needs no second look
    int depth_ = 0;
};

/// The name in the first tag: "message", "stream:features".
std::string_view name_of(std::string_view stanza);
/// The value of an attribute of the first tag as written (not unescaped); empty when absent.
std::string_view attribute_of(std::string_view stanza, std::string_view name);
/// The text of the first `<tag …>text<` anywhere in the stanza; empty when absent.
std::string_view text_of(std::string_view stanza, std::string_view tag);

inline bool holds(std::string_view stanza, std::string_view what) { return stanza.find(what) != stanza.npos; }

}  // namespace chancery::load
