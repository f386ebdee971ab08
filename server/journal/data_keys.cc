#include "journal/data_keys.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "journal/crc32c.h"

namespace chancery::journal {
namespace {

constexpr std::size_t unwrapped_limit = 8'192;  // in each half
constexpr std::string_view file_header = "CHNCKEYS1: one wrapped data key in each 96 bytes from here on\n";

struct Slot {
    std::uint32_t crc;     // of all bytes after this field
    std::uint32_t number;  // from here to the nonce: associated data of the wrapping
    char conversation[16];
    std::uint32_t month;  // 12 × year + month - 1
    std::uint32_t reserved;
    char nonce[12];
    char wrapped[Key::size + tag_size];
    std::uint32_t unused;
};
static_assert(sizeof(Slot) == slot_size);

std::uint64_t offset_of(std::uint32_t slot) { return (std::uint64_t{slot} + 1) * slot_size; }

std::uint32_t month_of(Time time) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
    return static_cast<std::uint32_t>(12 * static_cast<int>(day.year())) +
           static_cast<unsigned>(day.month()) - 1;
}

std::string_view associated(const Slot& slot) { return {reinterpret_cast<const char*>(&slot.number), 28}; }

std::uint32_t crc_of(const Slot& slot) {
    return crc32c({reinterpret_cast<const char*>(&slot) + 4, slot_size - 4});
}

std::string wrap(std::uint32_t number, const ConversationId& conversation, std::uint32_t month,
                 const Key& secret, const Key& key_encryption_key) {
    Slot slot{.number = number, .month = month};
    std::copy(conversation.bytes.begin(), conversation.bytes.end(), slot.conversation);
    fill_random(slot.nonce, sizeof slot.nonce);
    gcm_seal(key_encryption_key, {slot.nonce, sizeof slot.nonce}, associated(slot), secret.reveal())
        .copy(slot.wrapped, sizeof slot.wrapped);
    slot.crc = crc_of(slot);
    return {reinterpret_cast<const char*>(&slot), slot_size};
}

bool is_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == bytes.npos; }

}  // namespace

Result<Key, KeyError> unwrap_slot(std::string_view bytes, std::uint32_t number,
                                  const Key& key_encryption_key) {
    if (bytes.size() != slot_size) return refusal(KeyError::damaged);
    if (is_zero(bytes)) return refusal(KeyError::erased);
    const auto slot = get<Slot>(bytes.data());
    if (slot.crc != crc_of(slot) || slot.number != number) return refusal(KeyError::damaged);
    auto secret = gcm_open(key_encryption_key, {slot.nonce, sizeof slot.nonce}, associated(slot),
                           {slot.wrapped, sizeof slot.wrapped});
    if (!secret) return refusal(KeyError::damaged);
    Key key(*secret);
    OPENSSL_cleanse(secret->data(), secret->size());
    return key;
}

DataKeys::DataKeys(const std::filesystem::path& path, const Key& key_encryption_key, Disk& disk)
    : key_encryption_key_(key_encryption_key), disk_(disk), file_(path, File::Mode::create, disk) {
    if (file_.size() < slot_size) {
        std::string header(file_header);
        header.resize(slot_size, '\n');
        file_.write_at(0, header);
        file_.sync();
    }
    // A slot cut short by a crash was never used by a durable record: its number is given out again.
    next_ = static_cast<std::uint32_t>(file_.size() / slot_size - 1);
    learn_current_month();
}

void DataKeys::learn_current_month() {
    constexpr std::uint32_t chunk = 4'096;  // slots
    for (auto end = next_; end > 0;) {
        const auto begin = end - std::min(end, chunk);
        const auto bytes = file_.read_at(offset_of(begin), (end - begin) * slot_size);
        for (auto number = end; number-- > begin;) {
            const auto slot = get<Slot>(bytes.data() + (number - begin) * slot_size);
            if (slot.number != number || slot.crc != crc_of(slot)) continue;  // erased or damaged
            if (slot.month < month_) return;  // slots are in the order of time
            month_ = slot.month;
            ConversationId conversation;
            std::copy_n(slot.conversation, 16, conversation.bytes.begin());
            current_.emplace(conversation, number);
        }
        end = begin;
    }
}

DataKeys::DataKeyPtr DataKeys::current(const ConversationId& conversation, Time time) {
    const std::lock_guard lock(guard_);
    if (const auto month = month_of(time); month > month_) {
        month_ = month;
        current_.clear();
    }
    const auto known = current_.find(conversation);
    if (known == current_.end()) return make(conversation);
    if (auto key = recall(known->second)) return key;
    if (auto key = load(known->second)) return *key;
    return make(conversation);  // the slot went bad: never seal under a key that cannot be had again
}

DataKeys::DataKeyPtr DataKeys::make(const ConversationId& conversation) {
    const auto secret = Key::random();
    const auto number = next_++;
    unwritten_[number] = wrap(number, conversation, month_, secret, key_encryption_key_);
    current_[conversation] = number;
    return remember(std::make_shared<DataKey>(number, secret));
}

DataKeys::DataKeyPtr DataKeys::remember(DataKeyPtr key) {
    if (young_.size() >= unwrapped_limit) {
        old_ = std::move(young_);
        young_.clear();
    }
    young_[key->slot] = key;
    return key;
}

DataKeys::DataKeyPtr DataKeys::recall(std::uint32_t slot) {
    if (const auto found = young_.find(slot); found != young_.end()) return found->second;
    const auto found = old_.find(slot);
    return found == old_.end() ? nullptr : remember(found->second);
}

Result<DataKeys::DataKeyPtr, KeyError> DataKeys::load(std::uint32_t slot) {
    const auto waiting = unwritten_.find(slot);
    const auto bytes =
        waiting != unwritten_.end() ? waiting->second : file_.read_at(offset_of(slot), slot_size);
    const auto secret = unwrap_slot(bytes, slot, key_encryption_key_);
    if (!secret) return refusal(secret.error());
    return remember(std::make_shared<DataKey>(slot, *secret));
}

Result<DataKeys::DataKeyPtr, KeyError> DataKeys::find(std::uint32_t slot) {
    const std::lock_guard lock(guard_);
    if (auto key = recall(slot)) return key;
    return load(slot);
}

void DataKeys::make_durable() {
    const std::lock_guard writing(writing_);
    std::map<std::uint32_t, std::string> slots;
    {
        const std::lock_guard lock(guard_);
        if (unwritten_.empty()) return;
        slots = unwritten_;
    }
    std::string run;  // neighbours are written at once
    for (auto slot = slots.begin(); slot != slots.end();) {
        const auto first = slot->first;
        for (run.clear(); slot != slots.end() && slot->first == first + run.size() / slot_size; ++slot)
            run += slot->second;
        file_.write_at(offset_of(first), run);
    }
    file_.sync();
    const std::lock_guard lock(guard_);
    for (const auto& slot : slots) unwritten_.erase(slot.first);
}

void DataKeys::reopen() {
    const std::lock_guard writing(writing_);
    const std::lock_guard lock(guard_);
    file_ = File(file_.path(), File::Mode::write, disk_);
}

void DataKeys::check_in_place() {
    const std::lock_guard writing(writing_);
    file_.check_in_place(slot_size);
}

void DataKeys::destroy(std::uint32_t slot) {
    const std::lock_guard writing(writing_);
    {
        const std::lock_guard lock(guard_);
        unwritten_.erase(slot);
        young_.erase(slot);
        old_.erase(slot);
        std::erase_if(current_, [slot](const auto& entry) { return entry.second == slot; });
    }
    file_.write_at(offset_of(slot), std::string(slot_size, '\0'));
    file_.sync();
    // Someone may have read it back between the two.
    const std::lock_guard lock(guard_);
    young_.erase(slot);
    old_.erase(slot);
}

std::vector<KeySlot> DataKeys::list() {
    make_durable();
    const std::lock_guard writing(writing_);
    std::vector<KeySlot> slots;
    const auto bytes = file_.read_at(slot_size, file_.size());
    for (std::uint32_t number = 0; (number + 1) * slot_size <= bytes.size(); ++number) {
        const auto slot = get<Slot>(bytes.data() + number * slot_size);
        if (slot.number != number || slot.crc != crc_of(slot) || slot.month == 0) continue;
        KeySlot& entry = slots.emplace_back(KeySlot{.slot = number});
        std::copy_n(slot.conversation, 16, entry.conversation.bytes.begin());
        entry.month = std::chrono::year(int(slot.month / 12)) / std::chrono::month(slot.month % 12 + 1);
    }
    return slots;
}

}  // namespace chancery::journal
