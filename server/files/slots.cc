#include "files/slots.h"

#include <algorithm>
#include <charconv>

#include "files/files.h"

namespace chancery::files {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view ns_upload = "urn:xmpp:http:upload:0", ns_purpose = "urn:xmpp:http:upload:purpose:0";
constexpr xml::Tag info{"query", "http://jabber.org/protocol/disco#info"}, items{"query", "http://jabber.org/protocol/disco#items"};
constexpr xml::Tag request_tag{"request", ns_upload};
constexpr std::size_t most_name_bytes = 255, most_type_bytes = 127;
constexpr std::uint64_t most_files_of_day = 10'000;
constexpr auto day = 24h;

std::uint64_t mebibytes(std::int64_t number) { return static_cast<std::uint64_t>(number) << 20; }

/// Without the way to it on the sender's disk, and without what no file name has.
std::string file_name(std::string_view name) {
    name = name.substr(name.find_last_of("/\\") + 1);
    std::string kept;
    for (const char c : name)
        if (static_cast<unsigned char>(c) >= ' ' && c != 0x7F) kept += c;
    return kept == "." || kept == ".." ? std::string() : kept;
}

bool is_media_type(std::string_view type) {
    const auto is_plain = [](char c) { return c > ' ' && c < 0x7F && c != '<' && c != '>' && c != '"'; };
    return type.size() <= most_type_bytes && type.contains('/') && std::ranges::all_of(type.substr(0, type.find(';')), is_plain);
}

}  // namespace

/// Nobody reads here.
Task<> Slots::take_message(SessionId, std::shared_ptr<const Message> message) {
    auto facts = files_.host().facts_about(*message);
    facts.recipient_exists = false;
    Host::RecordedAs as{.to = message->to.text()};
    (void)co_await files_.host().judge_and_record(message, facts, std::move(as));
}

Task<> Slots::take_presence(StanzaIn) { co_return; }

Task<> Slots::take_iq(StanzaIn iq) {
    if (iq.type != "get" && iq.type != "set") co_return;
    Reply reply = refuse(Condition::internal_server_error, "The server could not do that now. Try again later.");
    try {
        reply = co_await answer(iq);
    } catch (const NotRecorded& failure) {
        log::error("files.not_recorded", {{"cause", failure.what()}});
        reply = refuse(Condition::resource_constraint, "Not done: the archive is not available");
    } catch (const std::exception& failure) {
        log::error("iq.failed", {{"payload", iq.payload->name()}, {"ns", iq.payload->ns()}, {"cause", failure.what()}});
    }
    files_.host().reply(iq, reply);
}

Task<Reply> Slots::answer(const StanzaIn& iq) {
    const auto& payload = *iq.payload;
    const bool names_node = !payload.attribute("node").empty();
    if (!iq.to->local().empty() || iq.type != "get") co_return refuse(Condition::service_unavailable);
    if (payload.is(request_tag)) co_return co_await give_slot(iq);
    if ((payload.is(info) || payload.is(items)) && names_node) co_return refuse(Condition::item_not_found, "There is no such node.");
    if (payload.is(info)) co_return description();
    if (payload.is(items)) co_return xml::Element(items).to_string(ns::client);
    if (payload.ns() == "urn:xmpp:ping") co_return std::string();
    co_return refuse(Condition::service_unavailable);
}

std::string Slots::description() const {
    xml::Element query(info);
    query.add(xml::Element("identity", info.ns).set("category", "store").set("type", "file").set("name", "Files"));
    for (const auto name : {info.ns, items.ns, ns_upload, std::string_view("urn:xmpp:http:upload:purpose:0#message"), std::string_view("urn:xmpp:ping")})
        query.add(xml::Element("feature", info.ns).set("var", name));
    DataForm form("result", ns_upload);
    form.add("max-file-size", std::to_string(mebibytes(files_.host().config().files.most_mib)));
    query.add(form.to_element());
    return query.to_string(ns::client);
}

Result<Slot, StanzaError> Slots::wanted_by(const StanzaIn& iq) const {
    const auto& request = *iq.payload;
    Slot slot{.id = Links::new_id(), .owner = iq.from.bare(), .name = file_name(request.attribute("filename")),
              .declared_type = std::string(request.attribute("content-type")), .created = files_.host().now()};
    if (slot.name.empty() || slot.name.size() > most_name_bytes)
        return refuse(Condition::bad_request, "A file needs a name, of at most 255 bytes.");
    if (!slot.declared_type.empty() && !is_media_type(slot.declared_type)) return refuse(Condition::bad_request, "That content-type is not one.");
    const auto size = request.attribute("size");
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), slot.size);
    if (error != std::errc() || end != size.data() + size.size() || slot.size == 0)
        return refuse(Condition::bad_request, "The size of a file is a number of bytes, above 0.");
    for (const auto& purpose : request.children())
        if (purpose.ns() == ns_purpose && purpose.name() != "message")
            return refuse(Condition::feature_not_implemented, "Files are kept here for messages, for one purpose alike.");
    return slot;
}

Task<Reply> Slots::give_slot(const StanzaIn& iq) {
    auto& host = files_.host();
    const auto& settings = host.config().files;
    auto slot = wanted_by(iq);
    if (!slot) co_return std::unexpected(slot.error());
    policy::FileFacts facts{.is_person_here = host.is_local(iq.from) && host.accounts().is_enabled(iq.from.local()),
                            .bytes = slot->size,
                            .most_bytes = mebibytes(settings.most_mib),
                            .most_bytes_of_day = mebibytes(settings.mib_per_day),
                            .most_files_of_day = most_files_of_day};
    const auto judged = [facts](const Usage& usage) {
        auto known = facts;
        known.bytes_of_day = usage.bytes;
        known.files_of_day = usage.files;
        return policy::decide_file(known);
    };
    const auto lapsed = slot->created - std::chrono::seconds(settings.put_seconds);
    const auto may = [judged](const Usage& used) { return !judged(used).denied(); };
    const auto usage = co_await files_.reg().add(*slot, slot->created - day, lapsed, may);
    auto decision = judged(usage);
    if (decision.denied()) {
        Files::Act act{.who = slot->owner,
                       .stanza = record_of("request", {{"name", slot->name}, {"size", std::to_string(slot->size)}, {"declared-type", slot->declared_type}}),
                       .decision = decision};
        co_await files_.record(std::move(act));
        if (decision.rule == "file-quota" && usage.oldest)
            decision.error.application = "<retry xmlns='urn:xmpp:http:upload:0' stamp='" + to_iso(*usage.oldest + day) + "'/>";
        co_return std::unexpected(std::move(decision.error));
    }
    xml::Element answer("slot", ns_upload);
    const auto until = slot->created + std::chrono::seconds(settings.put_seconds);
    answer.add(xml::Element("put", ns_upload).set("url", files_.links().to_put(slot->id, slot->name, slot->owner, until)));
    answer.add(xml::Element("get", ns_upload).set("url", files_.links().to_get(slot->id, slot->name, {slot->owner, files_.host().since_of(slot->owner)})));
    co_return answer.to_string(ns::client);
}

}  // namespace chancery::files
