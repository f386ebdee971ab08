// What is served under /files/: uploads (XEP-0363 §7) and downloads.
#pragma once
#include <string>

#include "files/files.h"
#include "net/http_exchange.h"

namespace chancery::files {

/// PUT, once, of exactly what was announced. 201 when the file is on record, and can be fetched.
Task<> take_upload(Files& files, net::HttpExchange& exchange);
/// GET and HEAD, whole or a part (RFC 9110 §14).
Task<> give_download(Files& files, net::HttpExchange& exchange);
/// OPTIONS: pages of any site may do both (XEP-0363 §8); the link is what opens a file, and no cookie.
Task<> allow_pages(net::HttpExchange& exchange);

/// Which file a request is about, and the pass that it shows.
struct Asked {
    std::string id, pass;
};
/// @throws net::HttpError  404, as for any file that is not there
Asked asked_by(const net::HttpRequest& request);

/// What lets pages of other sites read the answer.
net::HttpFields for_pages(net::HttpFields fields);
/// What is thrown to refuse, with those fields.
net::HttpError refusal(int status, std::string text);
net::HttpError not_there();
/// Does it. Failures of the record, which are answered with `not_recorded`, and of the disk are logged.
/// @throws net::HttpError  in place of these, saying nothing of our insides; and what else the work throws
Task<> or_refusal(Task<> work, std::string not_recorded);

}  // namespace chancery::files
