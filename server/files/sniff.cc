// The table is short on purpose: what is not in it is saved and not shown, which harms nobody.
#include "files/sniff.h"

#include <algorithm>
#include <array>
#include <string>

namespace chancery::files {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view unknown = "application/octet-stream";

struct Signature {
    std::size_t at;
    std::string_view bytes, type;
};

constexpr std::array signatures{
    Signature{0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    Signature{0, "\xff\xd8\xff"sv, "image/jpeg"},
    Signature{0, "GIF87a"sv, "image/gif"},
    Signature{0, "GIF89a"sv, "image/gif"},
    Signature{8, "WEBPVP8"sv, "image/webp"},
    Signature{0, "II*\0"sv, "image/tiff"},
    Signature{0, "MM\0*"sv, "image/tiff"},
    Signature{4, "ftypavif"sv, "image/avif"},
    Signature{4, "ftypheic"sv, "image/heic"},
    Signature{4, "ftypM4A "sv, "audio/mp4"},
    Signature{4, "ftypqt  "sv, "video/quicktime"},
    Signature{4, "ftyp"sv, "video/mp4"},
    Signature{0, "\x1a\x45\xdf\xa3"sv, "video/webm"},
    Signature{8, "AVI LIST"sv, "video/x-msvideo"},
    Signature{8, "WAVEfmt "sv, "audio/wav"},
    Signature{0, "OggS"sv, "audio/ogg"},
    Signature{0, "fLaC"sv, "audio/flac"},
    Signature{0, "ID3"sv, "audio/mpeg"},
    Signature{0, "\xff\xfb"sv, "audio/mpeg"},
    Signature{0, "\xff\xf3"sv, "audio/mpeg"},
    Signature{0, "\xff\xf1"sv, "audio/aac"},
    Signature{0, "\xff\xf9"sv, "audio/aac"},
    Signature{0, "#!AMR"sv, "audio/amr"},
    Signature{0, "%PDF-"sv, "application/pdf"},
    Signature{30, "mimetypeapplication/vnd.oasis.opendocument.text"sv, "application/vnd.oasis.opendocument.text"},
    Signature{30, "mimetypeapplication/vnd.oasis.opendocument.spreadsheet"sv, "application/vnd.oasis.opendocument.spreadsheet"},
    Signature{30, "mimetypeapplication/vnd.oasis.opendocument.presentation"sv, "application/vnd.oasis.opendocument.presentation"},
    Signature{0, "PK\x03\x04"sv, "application/zip"},
    Signature{0, "\x1f\x8b"sv, "application/gzip"},
    Signature{0, "7z\xbc\xaf\x27\x1c"sv, "application/x-7z-compressed"},
    Signature{0, "Rar!\x1a\x07"sv, "application/vnd.rar"},
    Signature{0, "\xfd" "7zXZ\0"sv, "application/x-xz"},
    Signature{0, "BZh"sv, "application/x-bzip2"},
    Signature{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "application/x-ole-storage"},
    Signature{0, "MZ"sv, "application/vnd.microsoft.portable-executable"},
    Signature{0, "\x7f" "ELF"sv, "application/x-executable"},
    Signature{0, "\xcf\xfa\xed\xfe"sv, "application/x-mach-binary"},
    Signature{0, "\xca\xfe\xba\xbe"sv, "application/java-vm"},
    Signature{0, "#!"sv, "text/x-script"},
};

/// With what a browser could take for a page, in small letters (WHATWG MIME Sniffing §7.1 has most of them).
constexpr std::array page_tags{"<!doctype html"sv, "<html"sv, "<head"sv, "<script"sv, "<iframe"sv, "<body"sv, "<title"sv, "<style"sv,
                               "<table"sv, "<div"sv, "<font"sv, "<h1"sv, "<a "sv, "<br"sv, "<p>"sv, "<b>"sv, "<img"sv, "<meta"sv, "<link"sv};

/// UTF-8 without control characters; it may be cut in its last character.
bool is_text(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        const auto c = static_cast<unsigned char>(bytes[i]);
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') return false;
        if (c == 0x7f || (c >= 0x80 && c < 0xc2) || c > 0xf4) return false;
        const std::size_t length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        for (std::size_t k = 1; k < length && i + k < bytes.size(); ++k)
            if ((static_cast<unsigned char>(bytes[i + k]) & 0xc0) != 0x80) return false;
        if (i + length > bytes.size() && bytes.size() < sniffed_bytes) return false;
        i += length;
    }
    return true;
}

std::string small_letters(std::string_view text) {
    std::string small(text);
    std::ranges::transform(small, small.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return small;
}

std::string_view sniff_text(std::string_view beginning) {
    const auto small = small_letters(beginning);
    if (small.contains("<svg")) return "image/svg+xml";
    const auto first = small.find_first_not_of(" \t\r\n\f");
    const auto text = std::string_view(small).substr(std::min(first, small.size()));
    const bool is_page = std::ranges::any_of(page_tags, [&](auto tag) { return text.starts_with(tag); }) || text.contains("<script") || text.contains("<html");
    if (is_page) return "text/html";
    if (text.starts_with("<?xml") || text.starts_with("<!--") || text.starts_with("<!doctype")) return "application/xml";
    return "text/plain";
}

}  // namespace

std::string_view sniff(std::string_view beginning) {
    beginning = beginning.substr(0, sniffed_bytes);
    for (const auto& signature : signatures)
        if (beginning.size() >= signature.at && beginning.substr(signature.at).starts_with(signature.bytes)) return signature.type;
    if (beginning.starts_with("\xef\xbb\xbf")) beginning.remove_prefix(3);
    return is_text(beginning) ? sniff_text(beginning) : unknown;
}

bool may_be_shown(std::string_view type) {
    if (type == "image/svg+xml" || type == "image/tiff") return false;
    return type.starts_with("image/") || type.starts_with("audio/") || type.starts_with("video/") || type == "application/pdf" ||
           type == "text/plain";
}

std::string_view type_to_send(std::string_view type) {
    if (type == "text/plain") return "text/plain; charset=utf-8";
    const bool can_act = type.starts_with("text/") || type == "image/svg+xml" || type == "application/xml";
    return can_act ? unknown : type;
}

bool is_like(std::string_view type, std::string_view pattern) {
    return pattern.ends_with("/*") ? type.starts_with(pattern.substr(0, pattern.size() - 1)) : type == pattern;
}

}  // namespace chancery::files
