#include "c2s/bosh_request.h"

#include <charconv>

#include "xml/escape.h"
#include "xml/parse.h"

namespace chancery::c2s {
namespace {

constexpr std::string_view httpbind = "http://jabber.org/protocol/httpbind", xbosh = "urn:xmpp:xbosh";
constexpr std::uint64_t largest_rid = (std::uint64_t{1} << 53) - 1;  // §14.1
constexpr xml::Limits limits{.element_bytes = 17 * 1024 * 1024, .depth = 65, .elements = 20'000};  // each payload is measured again

template <class Number>
bool read(xml::View body, std::string_view name, Number& number) {
    const auto text = body.attribute(name);
    if (text.empty()) return !body.has_attribute(name);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<BoshRequest> parse_bosh_request(std::string text) {
    const auto document = xml::parse_owned(std::move(text), limits);
    if (!document) return std::nullopt;
    const auto body = document->root();
    if (!body.is({"body", httpbind})) return std::nullopt;
    BoshRequest request;
    unsigned ack = 0;
    if (!read(body, "rid", request.rid) || request.rid == 0 || request.rid > largest_rid) return std::nullopt;
    if (!read(body, "wait", request.wait) || !read(body, "hold", request.hold) || !read(body, "pause", request.pause)) return std::nullopt;
    if (body.attribute("ack") == "1") ack = 1;
    const auto type = body.attribute("type"), restart = body.attribute("restart", xbosh);
    if (!type.empty() && type != "terminate") return std::nullopt;
    request.sid = body.attribute("sid");
    request.to = body.attribute("to");
    request.from = body.attribute("from");
    request.version = body.attribute("version", xbosh).empty() ? "1.0" : body.attribute("version", xbosh);
    request.key = body.attribute("key");
    request.new_key = body.attribute("newkey");
    request.acknowledges = ack == 1;
    request.terminates = type == "terminate";
    request.restarts = restart == "true" || restart == "1";
    for (auto child : body.children()) request.payloads.push_back(child.outer_with_namespaces());
    return request;
}

std::string BoshResponse::to_xml() const {
    std::string xml = "<body xmlns='http://jabber.org/protocol/httpbind'" + attributes;
    if (content.empty()) return xml + "/>";
    return xml.append(">").append(content).append("</body>");
}

std::string terminate_body(std::string_view condition, std::string content, std::string attributes) {
    attributes += " type='terminate'";
    if (!condition.empty()) attributes.append(" condition='").append(condition).append("'");
    return BoshResponse{.attributes = std::move(attributes), .content = std::move(content)}.to_xml();
}

}  // namespace chancery::c2s
