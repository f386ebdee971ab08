#include "admin/print.h"

#include <iostream>

namespace chancery::admin {
namespace {

std::string counted(std::size_t number, const std::string& one) {
    return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

/// The files that a message shares.
void print_files(const json& record) {
    for (const auto& file : record.value("files", json::array())) {
        std::cout << "    file " << file.at("id").get<std::string>();
        if (!file.contains("name")) std::cout << "  (there is no such file)";
        else std::cout << "  " << file["name"].get<std::string>() << ", " << counted(file["size"].get<std::size_t>(), "byte");
        if (file.contains("sha256")) std::cout << ", " << file["verdict"].get<std::string>() << "\n         SHA-256 " << file["sha256"].get<std::string>();
        else if (file.contains("name")) std::cout << ", never came";
        if (file.contains("removed"))
            std::cout << "\n         removed on " << file["removed"]["at"].get<std::string>() << " " << file["removed"]["how"].get<std::string>();
        std::cout << "\n";
    }
}

void print_record(const json& record) {
    std::cout << record.at("position") << "  " << record.at("time").get<std::string>() << "  ";
    if (record.value("erased", false)) {
        std::cout << "(erased: its key was destroyed)\n";
        return;
    }
    const auto kind = record.value("kind", "message");
    if (kind != "message") std::cout << kind << "  ";
    if (record.contains("actor")) std::cout << record["actor"].get<std::string>();
    else std::cout << record.value("from", "?") << " -> " << record.value("to", "-");
    if (record.value("refused", false)) std::cout << "  REFUSED by " << record.value("rule", "?");
    std::cout << "\n    ";
    if (record.contains("body")) std::cout << record["body"].get<std::string>();
    else if (record.contains("subject")) std::cout << "(subject) " << record["subject"].get<std::string>();
    else if (record.contains("holds")) std::cout << "(no text: " << record["holds"].get<std::string>() << ")";
    else std::cout << record.value("stanza", "");
    std::cout << "\n";
    print_files(record);
}

/// Some records are no more than their stanza: it is not printed twice.
void print_whole_record(const json& record) {
    print_record(record);
    const bool is_stanza_printed = !record.contains("body") && !record.contains("holds");
    if (!is_stanza_printed) std::cout << "    " << record.value("stanza", "") << "\n";
}

void print_verification(const json& report) {
    const auto count = [&](const char* key) { return report.at(key).get<std::size_t>(); };
    std::cout << (report.at("good").get<bool>() ? "Good: every record is as it was written.\n" : "DAMAGED: not every record is as it was written.\n")
              << "  " << counted(count("records"), "record") << " in " << counted(count("segments"), "segment") << ", " << count("signed")
              << " of them under a signed checkpoint (" << counted(count("checkpoints"), "checkpoint") << ")\n";
    if (report.at("erased") != 0) std::cout << "  " << count("erased") << " cannot be read any more: their keys were destroyed\n";
    for (const auto& finding : report.at("findings")) std::cout << "  - " << finding.get<std::string>() << "\n";
    for (const auto& note : report.at("notes")) std::cout << "  (" << note.get<std::string>() << ")\n";
}

/// "clara, romeo"
std::string listed(const json& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name.get<std::string>();
    return text;
}

void print_user(const json& user) {
    std::cout << user.at("name").get<std::string>();
    for (const auto& role : user.at("roles")) std::cout << "  " << role.get<std::string>();
    if (!user.at("groups").empty()) std::cout << "  in " << listed(user["groups"]);
    if (user.at("disabled").get<bool>()) std::cout << "  disabled: " << user.value("reason", "");
    std::cout << (user.contains("last_logon") ? "  last signed in " + user["last_logon"].get<std::string>() : "  never signed in") << "\n";
}

void print_group(const json& group) {
    std::cout << group.at("name").get<std::string>() << ": " << counted(group.at("members").size(), "member") << "\n";
    for (const auto& member : group["members"])
        std::cout << "  " << member.at("name").get<std::string>() << (member.at("disabled").get<bool>() ? "  disabled" : "") << "\n";
}

void print_room(const json& room) {
    std::cout << room.at("room").get<std::string>();
    if (const auto name = room.value("name", std::string()); !name.empty()) std::cout << "  \"" << name << "\"";
    std::cout << "  " << counted(room.at("occupants").get<std::size_t>(), "occupant") << "  "
              << (room.at("owners").empty() ? "WITHOUT OWNER" : "owned by " + listed(room["owners"])) << "\n";
}

/// What became of an administrator's message, where not everybody was sent it.
void print_sent(const json& report) {
    std::cout << "Sent " << counted(report.at("sent").get<std::size_t>(), "message") << ".\n";
    for (const auto* how : {"refused", "failed"})
        for (const auto& each : report.at(how))
            std::cout << "  " << how << ": " << each.at("to").get<std::string>() << ": " << each.at("reason").get<std::string>() << "\n";
}

std::string sentence_about_members(const json& result, const char* done, const char* before, const std::string& verb, const std::string& way, const std::string& was) {
    std::string text;
    if (!result.at(done).empty()) text = verb + " " + listed(result[done]) + " " + way + " " + result.at("group").get<std::string>() + ".";
    if (!result.at(before).empty()) text += (text.empty() ? "" : " ") + was + " " + result.at("group").get<std::string>() + ": " + listed(result[before]) + ".";
    return text;
}

/// What was done, in a sentence.
std::string sentence(const std::string& command, const json& result) {
    if (command == "user add") return "Added " + result["added"].get<std::string>() + ".";
    if (command == "user password") return "Changed the password of " + result["changed"].get<std::string>() + ".";
    if (command == "user disable") return "Disabled " + result["disabled"].get<std::string>() + "; every session is ended.";
    if (command == "user remove")
        return "Removed " + result["removed"].get<std::string>() + "; every session is ended. The name stays theirs until: chancery user release " +
               result["removed"].get<std::string>();
    if (command == "user release") return "The name " + result["released"].get<std::string>() + " may be given again.";
    if (command == "user enable") return result["enabled"].get<std::string>() + " may sign in again.";
    if (command == "group add")
        return (result["existed"].get<bool>() ? "There is a group of that name already: " : "Added the group ") + result["added"].get<std::string>() + ".";
    if (command == "group remove")
        return "Removed the group " + result["removed"].get<std::string>() + ", which had " + counted(result["members"].size(), "member") + ".";
    if (command == "group member add") return sentence_about_members(result, "added", "already", "Put", "into", "Already in");
    if (command == "group member remove") return sentence_about_members(result, "removed", "not_members", "Took", "out of", "Not in");
    if (command == "room owner")
        return result["owner"].get<std::string>() + " is an owner of " + result["room"].get<std::string>() + ".";
    if (command == "archive file")
        return "Wrote " + result["name"].get<std::string>() + ": " + counted(result["size"].get<std::size_t>(), "byte") + ", " +
               result["verdict"].get<std::string>() + ", SHA-256 " + result["sha256"].get<std::string>() + ".";
    if (command == "file remove") return "Removed " + counted(result["removed"].size(), "file") + ". The record of what was removed remains.";
    if (command == "archive rebuild") return "The index is being built again. Until that is done, histories and searches have to wait.";
    return result.dump();
}

void print_partners(const json& partners) {
    for (const auto& [domain, partner] : partners.items()) {
        const auto proven = [&](const char* key) {
            const auto proof = partner.at(key).get<std::string>();
            return proof.empty() ? proof : " (" + proof + ")";
        };
        std::cout << "  partner   " << domain << ": " << counted(partner.at("streams_out").get<std::size_t>(), "stream") << " out" << proven("proof_out") << ", "
                  << partner.at("streams_in") << " in" << proven("proof_in") << "; " << partner.at("waiting") << " waiting, " << partner.at("sent") << " sent, "
                  << partner.at("received") << " received";
        if (partner.at("returned") != 0) std::cout << ", " << partner.at("returned") << " returned";
        if (partner.at("suspicious").get<bool>()) std::cout << "; slowed down: most of what it sends fails";
        const auto error = partner.at("last_error").get<std::string>();
        if (!error.empty()) std::cout << "; last trouble " << partner.at("last_error_at").get<std::string>() << ": " << error;
        std::cout << "\n";
    }
}

void print_status(const json& status) {
    const auto& journal = status.at("journal");
    std::cout << "Chancery " << status.at("version").get<std::string>() << " for " << status.at("domain").get<std::string>()
              << (status.at("running").get<bool>() ? " is running" : " is not running");
    if (status.contains("pid")) std::cout << " (pid " << status.at("pid") << ")";
    std::cout << "\n";
    if (status.contains("ports"))
        std::cout << "  clients   STARTTLS on port " << status.at("ports").at("starttls") << ", direct TLS on port "
                  << status.at("ports").at("tls") << "; " << status.at("sessions") << " signed in\n";
    std::cout << "  accounts  " << status.at("accounts") << "\n  journal   " << counted(journal.at("position").get<std::size_t>(), "record") << ", "
              << (journal.at("writing").get<bool>() ? "writing" : "NOT WRITING: " + journal.at("reason").get<std::string>()) << "\n"
              << "  index     " << status.at("index").at("position") << " of them indexed\n";
    const auto& files = status.at("files");
    std::cout << "  files     "
              << (files.at("scanner") == "" ? "not scanned for viruses" : "scanned for viruses by " + files.at("scanner").get<std::string>())
              << (files.at("trouble") == "" ? "" : ", which FAILS, so that none is accepted: " + files.at("trouble").get<std::string>()) << "\n";
    if (status.contains("federation") && status.at("federation").is_object()) print_partners(status.at("federation").at("domains"));
}

}  // namespace

int print(const CommandLine& line, const json& result) {
    const auto& command = line.request.at("command").get_ref<const std::string&>();
    int code = 0;
    if (result.contains("good") && !result["good"].get<bool>()) code = 1;
    if (command == "status" && (!result["running"].get<bool>() || !result["journal"]["writing"].get<bool>())) code = 1;
    if (command == "user import" && !result["refused"].empty()) code = 1;
    if (command == "send" && !(result["refused"].empty() && result["failed"].empty())) code = 1;
    if (line.as_json) {
        std::cout << result.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
        return code;
    }
    if (command == "archive search") {
        for (const auto& record : result["records"]) print_record(record);
        std::cout << counted(result["records"].size(), "record") << (result["complete"].get<bool>() ? "" : "; there are more: --after " + result["after"].dump()) << "\n";
    } else if (command == "archive show") {
        print_whole_record(result["record"]);
    } else if (command == "archive verify" && result.contains("records")) {
        print_verification(result);
    } else if (command == "archive checkpoint") {
        std::cout << result["note"].get<std::string>();
    } else if (command == "archive prove") {
        std::cout << result["proof"].get<std::string>() << "\n";
    } else if (command == "federation publish") {
        std::cout << "In DNS; the TLSA records count where the zone is signed (DNSSEC):\n";
        for (const auto& record : result["records"]) std::cout << "  " << record.get<std::string>() << "\n";
        std::cout << "At " << result["url"].get<std::string>() << ":\n  " << result["document"].dump() << "\n";
    } else if (command == "status") {
        print_status(result);
    } else if (command == "doctor") {
        for (const auto& check : result["checks"]) {
            std::cout << (check["good"].get<bool>() ? "ok    " : "WRONG ") << check["name"].get<std::string>() << ": " << check["says"].get<std::string>() << "\n";
            if (!check["good"].get<bool>()) std::cout << "      " << check["mend"].get<std::string>() << "\n";
        }
    } else if (command == "user list") {
        for (const auto& user : result["users"]) print_user(user);
    } else if (command == "group list") {
        for (const auto& group : result["groups"])
            std::cout << group["name"].get<std::string>() << "  " << counted(group["members"].get<std::size_t>(), "member") << "\n";
        if (result["groups"].empty()) std::cout << "No groups.\n";
    } else if (command == "group show") {
        print_group(result["group"]);
    } else if (command == "room list") {
        for (const auto& room : result["rooms"]) print_room(room);
        if (result["rooms"].empty()) std::cout << "No rooms.\n";
    } else if (command == "send") {
        print_sent(result);
    } else if (command == "user import") {
        std::cout << counted(result["created"].get<std::size_t>(), "account") << " added\n";
        for (const auto& refused : result["refused"])
            std::cout << "  not added: " << refused["name"].get<std::string>() << " (" << refused["reason"].get<std::string>() << ")\n";
    } else {
        std::cout << sentence(command, result) << "\n";
    }
    return code;
}

}  // namespace chancery::admin
