#include "files/keeping.h"

#include <mutex>

namespace chancery::files {
namespace {

using Shelf = Store::Shelf;

}  // namespace

void Keeping::keep(Store::Incoming& incoming, const std::string& id, const Content& content) {
    const std::shared_lock lock(changing_);
    register_.expect_now(content);
    store_.place(incoming, content.name);
    register_.settle_now(id, content);
}

std::vector<std::string> Keeping::quarantine(Store::Incoming& incoming, const std::string& id, const Content& content) {
    std::vector<std::string> withheld;
    {
        const std::shared_lock lock(changing_);
        register_.expect_now(content);
        store_.quarantine(incoming, content.name);
        withheld = register_.settle_now(id, content);
    }
    destroy_unneeded(Shelf::content, content.name);  // as it came before it was known to hold a virus
    return withheld;
}

void Keeping::remove(const File& file, const Removal& removal) {
    register_.remove_now(file.slot.id, removal);
    for (const auto shelf : {Shelf::content, Shelf::quarantine}) destroy_unneeded(shelf, file.content->name);
}

bool Keeping::is_needed(Shelf shelf, const std::string& content) {
    return register_.is_needed_now(content, shelf == Shelf::content ? State::kept : State::quarantined);
}

void Keeping::destroy_unneeded(Shelf shelf, const std::string& content) {
    const std::unique_lock lock(changing_);
    if (!is_needed(shelf, content)) store_.destroy(shelf, content);
}

Keeping::Swept Keeping::sweep(const std::function<void(const std::string&)>& record, const std::function<bool()>& is_stopped) {
    Swept swept;
    const auto look_at = [&](Shelf shelf, const std::string& name) {
        if (is_needed(shelf, name)) return;
        const std::unique_lock lock(changing_);
        if (is_needed(shelf, name)) return;  // it had just come
        if (!register_.has_known_now(name)) {
            ++swept.strangers;
            return;
        }
        record(name);
        store_.destroy(shelf, name);
        ++swept.destroyed;
    };
    for (const auto shelf : {Shelf::content, Shelf::quarantine})
        store_.each(shelf, [&](const std::string& name) {
            look_at(shelf, name);
            return !is_stopped();
        });
    return swept;
}

}  // namespace chancery::files
