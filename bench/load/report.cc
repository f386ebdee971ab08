#include "load/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace chancery::load {
namespace {

std::string figure(double value, int digits) {
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return result + '"';
}

}  // namespace

void Report::add(std::string_view key, std::string_view label, double value, std::string_view unit,
                 int digits) {
    if (!std::isfinite(value)) return;
    rows_.push_back({std::string(key), std::string(label), figure(value, digits), std::string(unit)});
}

std::string Report::to_table() const {
    std::size_t labels = 0, values = 0;
    for (const auto& row : rows_) {
        labels = std::max(labels, row.label.size());
        values = std::max(values, row.value.size());
    }
    std::string table = scenario_ + (supported_ ? "\n" : ": not supported\n");
    for (const auto& row : rows_)
        table += "  " + row.label +
                 std::string(labels - row.label.size() + values - row.value.size() + 2, ' ') + row.value +
                 ' ' + row.unit + '\n';
    for (const auto& note : notes_) table += "  ! " + note + '\n';
    return table;
}

std::string Report::to_json() const {
    std::string json =
        "{\"scenario\":" + quoted(scenario_) + ",\"supported\":" + (supported_ ? "true" : "false");
    for (const auto& row : rows_) json += ',' + quoted(row.key) + ':' + row.value;
    json += ",\"notes\":[";
    for (std::size_t i = 0; i < notes_.size(); ++i) json += (i ? "," : "") + quoted(notes_[i]);
    return json + "]}\n";
}

}  // namespace chancery::load
