#include "archive/record.h"

#include <array>

#include "base/bytes.h"

namespace chancery::archive {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t sender_bit = 1, recipient_bit = 2;
constexpr std::size_t head_size = 2;

void put_text(std::string& out, std::string_view text) {
    put(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

/// Takes the next text off `rest`; false when it is not all there.
bool take_text(std::string_view& rest, std::string_view& text) {
    if (rest.size() < sizeof(std::uint32_t)) return false;
    const auto size = get<std::uint32_t>(rest.data());
    rest.remove_prefix(sizeof size);
    if (rest.size() < size) return false;
    text = rest.substr(0, size);
    rest.remove_prefix(size);
    return true;
}

}  // namespace

std::string encode(const Record& record) {
    return encode(RecordView{.from = record.from.text(),
                             .to = record.to ? std::string_view(record.to->text()) : std::string_view(),
                             .rule = record.rule,
                             .reason = record.reason,
                             .address = record.address,
                             .stanza = record.stanza,
                             .in_sender_history = record.in_sender_history,
                             .in_recipient_history = record.in_recipient_history});
}

std::string encode(const RecordView& record) {
    const std::array<std::string_view, 6> texts{record.from,   record.to,      record.rule,
                                                record.reason, record.address, record.stanza};
    std::size_t size = head_size;
    for (const auto text : texts) size += sizeof(std::uint32_t) + text.size();

    std::string out;
    out.reserve(size);
    put(out, version);
    put(out, static_cast<std::uint8_t>((record.in_sender_history ? sender_bit : 0) |
                                       (record.in_recipient_history ? recipient_bit : 0)));
    for (const auto text : texts) put_text(out, text);
    return out;
}

std::optional<RecordView> view_record(std::string_view plaintext) {
    if (plaintext.size() < head_size || static_cast<std::uint8_t>(plaintext[0]) != version) return std::nullopt;
    const auto bits = static_cast<std::uint8_t>(plaintext[1]);
    plaintext.remove_prefix(head_size);

    RecordView view;
    view.in_sender_history = (bits & sender_bit) != 0;
    view.in_recipient_history = (bits & recipient_bit) != 0;
    for (auto* text : {&view.from, &view.to, &view.rule, &view.reason, &view.address, &view.stanza}) {
        if (!take_text(plaintext, *text)) return std::nullopt;
    }
    if (!plaintext.empty() || view.from.empty()) return std::nullopt;
    return view;
}

std::optional<Record> decode(std::string_view plaintext) {
    const auto view = view_record(plaintext);
    if (!view) return std::nullopt;
    auto from = Jid::parse(view->from);
    if (!from) return std::nullopt;

    Record record{.from = std::move(*from),
                  .rule = std::string(view->rule),
                  .reason = std::string(view->reason),
                  .address = std::string(view->address),
                  .stanza = std::string(view->stanza),
                  .in_sender_history = view->in_sender_history,
                  .in_recipient_history = view->in_recipient_history};
    if (view->to.empty()) return record;
    auto to = Jid::parse(view->to);
    if (!to) return std::nullopt;
    record.to = std::move(*to);
    return record;
}

}  // namespace chancery::archive
