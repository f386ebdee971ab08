#include "s2s/dns_message.h"

#include <arpa/inet.h>

#include <algorithm>

namespace chancery::s2s {
namespace {

constexpr std::uint16_t internet = 1;
constexpr std::size_t most_name = 253, most_label = 63;
constexpr std::uint8_t no_such_name = 3;

/// Reads on from `at`. Beyond the end, or after something impossible, it is broken and reads nothing but zeros.
class Reader {
  public:
    Reader(std::string_view bytes, std::size_t at) : bytes_(bytes), at_(at) {}

    std::size_t at() const { return at_; }
    bool is_broken() const { return broken_; }
    std::uint8_t byte() {
        const auto one = take(1);
        return one.empty() ? 0 : static_cast<std::uint8_t>(one[0]);
    }
    std::uint16_t number() {
        const auto high = byte();
        return static_cast<std::uint16_t>(high << 8 | byte());
    }
    std::string_view take(std::size_t size) {
        if (broken_ || bytes_.size() - at_ < size) return give_up();
        at_ += size;
        return bytes_.substr(at_ - size, size);
    }
    /// RFC 1035 §4.1.4: a pointer leads back, never forward, so that there is an end.
    std::string name() {
        std::string text;
        Reader label = *this;
        std::optional<std::size_t> end;  // behind the first pointer
        for (auto lowest = at_; !label.broken_;) {
            const auto size = label.byte();
            if (size == 0) break;
            if ((size & 0xC0) == 0xC0) {
                const auto target = static_cast<std::size_t>(size & 0x3F) << 8 | label.byte();
                if (!end) end = label.at_;
                if (target >= lowest) label.give_up();
                label.at_ = lowest = target;
            } else if (size > most_label || !append(text, label.take(size))) {
                label.give_up();
            }
        }
        at_ = end.value_or(label.at_);
        broken_ |= label.broken_;
        return text;
    }

  private:
    std::string_view give_up() {
        broken_ = true;
        return {};
    }
    /// Only what host names and our questions consist of (RFC 2782: the target is a host name).
    static bool append(std::string& text, std::string_view label) {
        for (const char c : label)
            if (c <= ' ' || c > '~' || c == '.') return false;
        if (text.size() + label.size() + 1 > most_name) return false;
        if (!text.empty()) text += '.';
        text += label;
        return true;
    }

    std::string_view bytes_;
    std::size_t at_;
    bool broken_ = false;
};

std::string host(int family, std::string_view bytes) {
    char text[INET6_ADDRSTRLEN] = "";
    ::inet_ntop(family, bytes.data(), text, sizeof text);
    return family == AF_INET6 ? "[" + std::string(text) + "]" : text;
}

template <class Record>
void add(std::vector<Record>& records, Record record) {
    if (records.size() < DnsMessage::most_records) records.push_back(std::move(record));
}

/// The record's data begin at data.at() in the message and are `size` bytes. False: they are not what they should be.
bool take(DnsMessage& message, std::uint16_t kind, Reader data, std::uint16_t size) {
    const auto begin = data.at();
    if (kind == static_cast<std::uint16_t>(DnsKind::a) && size == sizeof(in_addr)) add(message.addresses, host(AF_INET, data.take(size)));
    if (kind == static_cast<std::uint16_t>(DnsKind::aaaa) && size == sizeof(in6_addr)) add(message.addresses, host(AF_INET6, data.take(size)));
    if (kind == static_cast<std::uint16_t>(DnsKind::srv)) {
        ServiceRecord record;
        record.priority = data.number();
        record.weight = data.number();
        record.port = data.number();
        record.host = data.name();
        if (data.is_broken() || data.at() != begin + size) return false;
        add(message.services, std::move(record));
    }
    constexpr std::size_t fixed = 3;
    if (kind == static_cast<std::uint16_t>(DnsKind::tlsa) && size >= fixed) {
        net::TlsaRecord record{.usage = data.byte(), .selector = data.byte(), .matching = data.byte(), .data = {}};
        record.data = data.take(size - fixed);
        add(message.certificates, std::move(record));
    }
    return true;
}

}  // namespace

std::optional<DnsMessage> DnsMessage::parse(std::string_view bytes) {
    Reader reader(bytes, 0);
    reader.number();  // its id, which c-ares has compared
    const auto flags = reader.number(), questions = reader.number(), answers = reader.number();
    reader.number();  // authority and additional records, which are not read
    reader.number();
    constexpr std::uint16_t is_answer = 0x8000, truncated = 0x0200, validated = 0x0020, code = 0x000F;
    if (reader.is_broken() || !(flags & is_answer) || (flags & truncated)) return std::nullopt;
    DnsMessage message;
    message.is_validated = flags & validated;
    message.has_failed = (flags & code) != 0 && (flags & code) != no_such_name;
    for (int i = 0; i < questions && !reader.is_broken(); ++i) {
        reader.name();
        reader.take(4);
    }
    for (int i = 0; i < answers && !reader.is_broken(); ++i) {
        reader.name();
        const auto kind = reader.number(), kind_class = reader.number();
        reader.take(4);  // how long it may be kept
        const auto size = reader.number();
        const Reader data = reader;
        reader.take(size);
        if (!reader.is_broken() && kind_class == internet && !take(message, kind, data, size)) return std::nullopt;
    }
    return reader.is_broken() ? std::nullopt : std::optional(std::move(message));
}

std::string dns_question(std::string_view name, DnsKind kind, std::uint16_t id) {
    std::string question;
    const auto number = [&](std::uint16_t value) { question.append({static_cast<char>(value >> 8), static_cast<char>(value)}); };
    constexpr std::uint16_t recursion_and_validation = 0x0120;
    number(id);
    number(recursion_and_validation);
    number(1);
    for (int i = 0; i < 3; ++i) number(0);
    if (name.empty() || name.size() > most_name) return {};
    while (!name.empty()) {
        const auto end = std::min(name.find('.'), name.size());
        if (end == 0 || end > most_label) return {};
        question += static_cast<char>(end);
        question += name.substr(0, end);
        name.remove_prefix(std::min(end + 1, name.size()));
    }
    question += '\0';
    number(static_cast<std::uint16_t>(kind));
    number(internet);
    return question;
}

}  // namespace chancery::s2s
