// The data that ties a SASL exchange to its TLS channel, by type.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace chancery::sasl {

/// Binding data of one connection; empty where the type is not available on it.
struct ChannelBindings {
    std::string tls_exporter;  // RFC 9266: 32 bytes exported with label EXPORTER-Channel-Binding; TLS 1.3
    std::string tls_server_end_point;  // RFC 5929 §4.1: hash of the certificate
    std::string tls_unique;            // RFC 5929 §3.1: accepted from clients that know no other, never advertised

    /// The available types, strongest first; for XEP-0440.
    std::vector<std::string_view> types() const {
        std::vector<std::string_view> available;
        if (!tls_exporter.empty()) available.push_back("tls-exporter");
        if (!tls_server_end_point.empty()) available.push_back("tls-server-end-point");
        return available;
    }
    /// The data of a type, empty when it is not available or not known.
    std::string_view data(std::string_view type) const {
        if (type == "tls-exporter") return tls_exporter;
        if (type == "tls-unique") return tls_unique;
        if (type == "tls-server-end-point") return tls_server_end_point;
        return {};
    }
};

}  // namespace chancery::sasl
