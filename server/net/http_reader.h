// HTTP/1.1 requests as their bytes arrive (RFC 9112), read strictly: whatever two readers could understand differently is
// refused, since that is how requests are smuggled past a proxy.
//
// Operation: feed(bytes), then next() until it says need_more; and again. After `head` the request can be taken, after
// `piece` a part of its body; `end` ends it, and what follows belongs to the next request.
// Concurrency: belongs to one thread at a time.
// Limits: a head of `head_limit` bytes with `most_fields` fields. Bodies have no limit here: whoever reads them counts.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace chancery::net {

class HttpReader {
  public:
    static constexpr std::size_t head_limit = 16 * 1024;
    static constexpr std::size_t most_fields = 100;

    enum class Event { need_more, head, piece, end, fault };

    HttpReader();
    ~HttpReader();
    HttpReader(const HttpReader&) = delete;
    HttpReader& operator=(const HttpReader&) = delete;

    void feed(std::string_view bytes);
    Event next();

    /// After `head`, once.
    HttpRequest take_request();
    /// After `piece`: valid until feed() or next().
    std::string_view piece() const { return piece_; }
    /// After `fault`, from which nothing leads on: the status and a sentence that say why.
    const HttpError& fault() const { return fault_; }

    /// Nothing of a request has arrived that is not used up.
    bool is_between() const;
    /// What has arrived behind a head: for another protocol that goes on with it.
    std::string take_rest();

  private:
    class Parser;
    enum class State : unsigned char { head, body, failed };

    Event head();
    Event body();
    Event fail(int status, const char* text);
    bool has_bad_bytes();
    std::string_view unread() const { return std::string_view(buffer_).substr(used_); }

    State state_ = State::head;
    std::string buffer_;
    std::size_t used_ = 0;     // of the buffer
    std::size_t checked_ = 0;  // of what is unread
    std::string_view piece_;
    HttpError fault_{400, ""};
    std::unique_ptr<Parser> parser_;  // as long as a request is read
};

}  // namespace chancery::net
