#include "files/web.h"

namespace chancery::files {

net::HttpFields for_pages(net::HttpFields fields) {
    fields.add("Access-Control-Allow-Origin", "*");
    fields.add("Access-Control-Expose-Headers", "Content-Length, Content-Range, Content-Disposition, ETag");
    fields.add("Cross-Origin-Resource-Policy", "cross-origin");
    return fields;
}

net::HttpError refusal(int status, std::string text) { return {status, std::move(text), for_pages({})}; }

net::HttpError not_there() { return refusal(404, "There is no such file, or this link does not open it."); }

namespace {

net::HttpError disk_failure(const std::exception& failure) {
    log::error("files.disk", {{"cause", failure.what()}});
    const auto* file = dynamic_cast<const journal::FileError*>(&failure);
    if (file && (file->error == ENOSPC || file->error == EDQUOT || file->error == EFBIG))
        return refusal(507, "The server has no room for the file. Its administrator has been told. Try again later.");
    if (file && file->error == ENOENT) return refusal(410, "The file is not there any more.");
    return refusal(500, "The server could not do that now. Try again later.");
}

}  // namespace

Task<> or_refusal(Task<> work, std::string not_recorded) {
    try {
        co_await std::move(work);
    } catch (const NotRecorded& failure) {
        log::error("files.not_recorded", {{"cause", failure.what()}});
        throw refusal(503, not_recorded);
    } catch (const journal::FileError& failure) {
        throw disk_failure(failure);
    } catch (const Damaged& failure) {
        throw disk_failure(failure);
    } catch (const storage::StorageError& failure) {
        throw disk_failure(failure);
    }
}

Asked asked_by(const net::HttpRequest& request) {
    const auto rest = std::string_view(request.path).substr(file_path.size());
    const auto first = rest.find('/'), second = rest.find('/', first + 1);
    if (first == rest.npos || second == rest.npos) throw not_there();
    return {.id = std::string(rest.substr(0, first)), .pass = std::string(rest.substr(first + 1, second - first - 1))};
}

Task<> allow_pages(net::HttpExchange& exchange) {
    exchange.respond({.status = 204,
                      .fields = for_pages({{"Allow", "OPTIONS, HEAD, GET, PUT"},
                                           {"Access-Control-Allow-Methods", "OPTIONS, HEAD, GET, PUT"},
                                           {"Access-Control-Allow-Headers", "Authorization, Content-Type, Range, If-Range, If-None-Match"},
                                           {"Access-Control-Max-Age", "3600"}}),
                      .body = {}});
    co_return;
}

}  // namespace chancery::files
