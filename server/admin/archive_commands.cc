// The records officer's commands: search, show, verify, checkpoint, prove. Each look is itself on the record.

#include <fstream>

#include "admin/commands.h"
#include "base/bytes.h"
#include "journal/verify.h"
#include "xml/parse.h"

namespace chancery::admin {
namespace {

constexpr auto index_limit = std::chrono::seconds(10);  // for the index to catch up, after a crash for instance

std::string_view kind_name(std::uint16_t kind) {
    switch (static_cast<journal::Kind>(kind)) {
        case journal::Kind::message: return "message";
        case journal::Kind::presence: return "presence";
        case journal::Kind::iq: return "iq";
        case journal::Kind::admin: return "admin";
        case journal::Kind::file: return "file";
        default: return "other";
    }
}

/// What a message without text is: a receipt, a sign of typing, something encrypted.
std::string names_of_children(xml::View message) {
    std::string names;
    for (const auto child : message.children()) names.append(names.empty() ? "" : ", ").append(child.name());
    return names.empty() ? "empty" : names;
}

json describe(const Context& context, const archive::Match& match) {
    json described = {{"position", match.position}, {"time", to_iso(match.time)}, {"kind", kind_name(match.kind)},
                      {"refused", match.refused}, {"erased", match.erased}};
    if (!match.record) return described;
    const auto& record = *match.record;
    described["from"] = record.from.text();
    if (record.to) described["to"] = record.to->text();
    if (!record.rule.empty()) described["rule"] = record.rule;
    if (!record.reason.empty()) described["reason"] = record.reason;
    if (!record.address.empty()) described["address"] = record.address;
    described["stanza"] = record.stanza;
    if (const auto document = xml::parse(record.stanza, xml::limits_of_stored_xml, ns::client)) {
        const auto root = document->root();
        described["id"] = root.attribute("id");
        const auto body = root.child({"body", ns::client});
        if (body) described["body"] = body.text();
        else if (root.name() == "message") described["holds"] = names_of_children(root);
        if (const auto subject = root.child({"subject", ns::client})) described["subject"] = subject.text();
        if (root.name() == "presence")
            if (const auto status = root.child({"status", ns::client})) described["body"] = status.text();
        if (root.name() == "admin") {
            described["body"] = root.text();
            described["actor"] = root.attribute("actor");
        }
        if (static_cast<journal::Kind>(match.kind) == journal::Kind::file) described["body"] = say_file_act(root);
        else if (auto files = files_in(context, record.stanza); !files.empty()) described["files"] = std::move(files);
    }
    return described;
}

std::optional<Jid> jid_in(const json& request, const char* key, const std::string& domain) {
    if (!request.contains(key)) return std::nullopt;
    auto text = request.at(key).get<std::string>();
    if (!text.contains('@') && text != domain) text += "@" + domain;
    const auto jid = Jid::parse(text);
    if (!jid) throw AdminError("--" + std::string(key) + ": " + text + " is not a valid address");
    return *jid;
}

std::optional<Time> time_in(const json& request, const char* key) {
    if (!request.contains(key)) return std::nullopt;
    const auto text = request.at(key).get<std::string>();
    const auto time = parse_iso(text);
    if (!time)
        throw AdminError("--" + std::string(key) + ": " + text + " is not a date (2026-11-22) or a time (2026-11-22T08:00:00Z)");
    return time;
}

}  // namespace

json search_archive(Context& context, const json& request) {
    archive::Search search{.from = jid_in(request, "from", context.config.domain),
                           .to = jid_in(request, "to", context.config.domain),
                           .room = jid_in(request, "room", context.config.domain),
                           .since = time_in(request, "since"),
                           .until = time_in(request, "until"),
                           .words = request.value("words", std::string())};
    const auto limit = request.value("limit", std::size_t(1'000));
    const bool everything = request.value("all", false);
    if (request.contains("after")) search.after = request.at("after").get<archive::Position>();
    json records = json::array();
    bool more = false;
    try {
        do {
            search.limit = limit - records.size();
            context.archive.wait_until_ready(index_limit);
            const auto page = context.archive.search(search);
            for (const auto& match : page.matches) {
                const bool words_of_people = match.erased || static_cast<journal::Kind>(match.kind) == journal::Kind::message;
                if (everything || words_of_people) records.push_back(describe(context, match));
            }
            search.after = page.next;
            more = page.next.has_value();
        } while (more && records.size() < limit);
    } catch (const archive::NotReady& wait) {
        throw AdminError(std::string("The index is being built: ") + wait.what() + " Try again in a moment.");
    }
    json result = {{"records", records}, {"complete", !more}};
    if (more) result["after"] = *search.after;
    return result;
}

json show_record(Context& context, const json& request) {
    const auto position = request.at("position").get<archive::Position>();
    const auto match = context.archive.show(position);
    if (!match) throw AdminError("There is no readable record at position " + std::to_string(position) + ".");
    return {{"record", describe(context, *match)}};
}

json verify_archive(Context& context, const json&) {
    const auto keys = context.data / context.config.journal.keys;
    context.journal.sign_checkpoint();
    const auto report = journal::verify(context.data / "journal", context.journal.verifier_key(), keys);
    json findings = json::array();
    for (const auto& finding : report.findings) findings.push_back(finding.text);
    return {{"good", report.is_good()},          {"records", report.records},   {"segments", report.segments},
            {"checkpoints", report.checkpoints}, {"signed", report.signed_records}, {"erased", report.erased_records},
            {"findings", findings},              {"notes", report.notes}};
}

json sign_checkpoint(Context& context, const json&) {
    const auto checkpoint = context.journal.sign_checkpoint();
    return {{"size", checkpoint.size}, {"root", to_hex(view(checkpoint.root))}, {"note", checkpoint.note},
            {"public_key", context.journal.verifier_key().to_text()}};
}

/// That one record is in the journal, or that the journal of an older checkpoint is still there, unchanged.
json prove(Context& context, const json& request) {
    const auto now = context.journal.sign_checkpoint();
    if (request.contains("checkpoint")) {
        const auto then = journal::open_note(request.at("checkpoint").get<std::string>(), context.journal.verifier_key());
        if (!then) throw AdminError("That is not a checkpoint signed by this server's journal.");
        const auto proof = context.journal.prove_consistency(*then, now);
        if (!proof) throw AdminError("The journal does not contain what that checkpoint speaks of.");
        return {{"proof", journal::to_json(*proof)}};
    }
    if (!request.contains("position")) throw AdminError("Name a record's POSITION, or an older checkpoint with --since.");
    const auto proof = context.journal.prove_inclusion(request.at("position").get<archive::Position>());
    if (!proof) throw AdminError("There is no record at that position.");
    return {{"proof", journal::to_json(*proof)}};
}

json rebuild_index(Context& context, const json&) {
    context.archive.rebuild();
    return {{"rebuilding", true}};
}

}  // namespace chancery::admin
