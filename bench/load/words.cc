#include "load/words.h"

#include <algorithm>
#include <random>
#include <set>

namespace chancery::load {
namespace {

// The commonest words as they are; then stems, which the endings below make into some thousands.
constexpr std::string_view common =
    "the to and of a in is you that it for on I we be have this are with not will as at can they your from "
    "our by if "
    "was please but or all there do has what about when would so no been more they need just yes thanks up "
    "out know "
    "their who could any also today time new before after should now which good here some tomorrow see first "
    "next "
    "where how then over only into back them other two because than us may day very week still until well";
constexpr std::string_view verbs =
    "report meet send check call ask start plan visit inform confirm review sign print need open answer join "
    "attend "
    "follow return work transfer request forward deliver approve accept reject record discuss present train "
    "support "
    "order repair clear guard patrol inspect monitor protect search secure assist brief collect connect "
    "consult "
    "contact control cover direct document draft enter escort establish exchange explain extend finish "
    "gather hand "
    "help hold house implement install instruct intend interview invite issue keep land launch lead learn "
    "limit link "
    "load look maintain mark measure mention move note obtain offer operate pack pass perform post prevent "
    "process "
    "propose publish question reach recall receive recover reduce refer register relay remain remind remove "
    "replace "
    "respond rest restore screen select shift show sort speak staff stand station store submit suggest "
    "supply test "
    "thank track translate treat turn update wait walk want warn watch weigh wish witness yield assess board "
    "brand "
    "camp charge chart coach comment concern correct count credit demand detain display effect end equip "
    "estimate "
    "express fill form function ground group head host identify load model name number offer paint paper "
    "part pay "
    "picture place point power price question rain reason repeat sail sample sound spell state stress sweep "
    "talk tour";
constexpr std::string_view nouns =
    "minister embassy office document passport border customs officer department agency budget committee "
    "contract "
    "convoy council country delegation district division embargo engineer exercise facility file fleet "
    "frontier fuel "
    "garage general harbour headquarters helicopter hospital hotel incident intelligence journal judge "
    "kitchen lawyer "
    "league letter licence list mailbox map meeting message ministry mission nation network news operation "
    "parliament "
    "partner peace permit phone pilot police policy port president prison project province radio railway "
    "record region "
    "regulation relation representative residence road room route satellite schedule school sector security "
    "senator "
    "sergeant server ship shore signal site soldier squad street summit system table task team terminal "
    "ticket tower "
    "town trade treaty truck unit university vehicle vessel village visa visitor volunteer weapon weather "
    "website "
    "window wing worker year zone airport ambassador analyst appendix archive army article assembly asset "
    "attachment "
    "authority award bag bank base battery boat bridge building bureau cabin cable calendar captain car case "
    "cell "
    "centre chairman channel chapter church circle citizen claim class client coast code colleague college "
    "colonel "
    "column command community company computer condition conference container corridor course court crew "
    "crisis "
    "culture currency cycle danger data date deadline deal debate decision defence degree desk detail device "
    "dinner "
    "director doctor door driver duty east editor election embargo emergency enemy energy entrance event "
    "evidence "
    "expert factor family farm field figure finance fire flag flight floor folder force forest garden gate "
    "gift goal";
constexpr std::string_view qualities =
    "quick clear safe short strong open quiet close great kind near late high low full cold warm dark light "
    "soft hard "
    "fresh slow bright deep plain calm firm fair proud rough sharp smooth strict sure tight weak wide wild "
    "young old "
    "public private national local foreign central official secret urgent joint legal formal normal final "
    "total annual "
    "regional digital medical natural political economic military civil diplomatic technical financial "
    "practical "
    "critical actual personal professional original initial usual global external internal temporary current "
    "recent";

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> words;
    while (!list.empty()) {
        const auto end = std::min(list.find(' '), list.size());
        words.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return words;
}

void inflect(std::set<std::string>& words, std::string_view stems,
             std::initializer_list<const char*> endings) {
    for (const auto& stem : split(stems))
        for (const char* ending : endings) {
            const bool drops_e =
                stem.back() == 'e' && std::string_view("eaio").find(*ending) != std::string::npos;
            words.insert((drops_e ? stem.substr(0, stem.size() - 1) : stem) + ending);
        }
}

/// By rank: the common words first in their order, then the others in an order that looks random but is
/// fixed.
std::vector<std::string> make_vocabulary() {
    std::set<std::string> others;
    inflect(others, verbs, {"", "s", "ed", "ing", "er", "ers", "able", "ment"});
    inflect(others, nouns, {"", "s", "less", "like"});
    inflect(others, qualities, {"", "ly", "er", "est", "ness"});
    auto ranked = split(common);
    for (const auto& word : ranked) others.erase(word);
    std::vector<std::string> rest(others.begin(), others.end());
    std::mt19937_64 order(1);
    for (auto i = rest.size(); i > 1; --i) std::swap(rest[i - 1], rest[order() % i]);
    ranked.insert(ranked.end(), rest.begin(), rest.end());
    return ranked;
}

const std::vector<std::string>& vocabulary() {
    static const auto words = make_vocabulary();
    return words;
}

}  // namespace

std::size_t Words::vocabulary_size() { return vocabulary().size(); }

Words::Words(std::uint64_t seed, std::size_t text_bytes) : state_(seed | 1) {
    std::vector<double> up_to;  // the sum of 1/rank
    for (std::size_t rank = 1; rank <= vocabulary().size(); ++rank)
        up_to.push_back((up_to.empty() ? 0 : up_to.back()) + 1.0 / static_cast<double>(rank + 2));
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> spread(0, up_to.back());
    while (text_.size() < text_bytes) {
        const auto at = std::lower_bound(up_to.begin(), up_to.end(), spread(random)) - up_to.begin();
        starts_.push_back(static_cast<std::uint32_t>(text_.size()));
        text_.append(vocabulary()[static_cast<std::size_t>(at)]).append(1, ' ');
    }
}

std::string_view Words::next(std::size_t bytes) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    bytes = std::min(bytes, text_.size() / 2);
    const auto usable =
        std::lower_bound(starts_.begin(), starts_.end(), text_.size() - bytes) - starts_.begin();
    const auto start = starts_[(state_ >> 33) % static_cast<std::uint64_t>(usable)];
    const auto slice = std::string_view(text_).substr(start, bytes + 1);
    return slice.substr(0, slice.rfind(' '));
}

}  // namespace chancery::load
