#include "features/features.h"

namespace chancery {

const std::vector<const Feature*>& all_features() {
    static const std::vector<const Feature*> features{
        &roster,          &session_establishment, &ping,     &software_version, &entity_time,
        &last_activity,   &vcard,                 &blocking, &private_storage,  &carbons,
        &archive_access,  &away_reply,            &ad_hoc_commands,  &personal_events,
        &bookmarks,       &avatars,               &shared_nodes,     &rooms_service,
        &client_access,   &push,                  &registration,     &people_search,
        &contact_addresses, &external_services,   &multicast,        &administration_commands,
        &disco,  // last: its caps hash covers what the others advertise
    };
    return features;
}

void install(const Feature& feature, Host& host) {
    for (auto name : feature.disco) host.advertise(At::server, name);
    for (auto name : feature.account_disco) host.advertise(At::own, name);
    feature.install(host);
}

}  // namespace chancery
