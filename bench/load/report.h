// What a scenario found, as a table for a person and as one JSON object for bench/compare.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace chancery::load {

class Report {
  public:
    explicit Report(std::string scenario) : scenario_(std::move(scenario)) {}

    /// `key` is the name in JSON, `label` and `unit` are for people. Figures are written with `digits` after
    /// the point. What is not finite (a cost per message when no message came) is left out.
    void add(std::string_view key, std::string_view label, double value, std::string_view unit = "",
             int digits = 0);
    /// Why there are no figures ("not supported"), or something the reader must know about them.
    void note(std::string text) { notes_.push_back(std::move(text)); }
    void set_supported(bool supported) { supported_ = supported; }

    std::string to_table() const;
    std::string to_json() const;

  private:
    struct Row {
        std::string key, label, value, unit;
    };
    std::string scenario_;
    bool supported_ = true;
    std::vector<Row> rows_;
    std::vector<std::string> notes_;
};

}  // namespace chancery::load
