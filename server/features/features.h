// Every feature of the server. To add one: write NAME.cc, declare it here, list it in features.cc.
#pragma once
#include <vector>

#include "core/host.h"

namespace chancery {

extern const Feature ad_hoc_commands;
extern const Feature administration_commands;
extern const Feature archive_access;
extern const Feature avatars;
extern const Feature away_reply;
extern const Feature blocking;
extern const Feature bookmarks;
extern const Feature carbons;
extern const Feature client_access;
extern const Feature contact_addresses;
extern const Feature disco;
extern const Feature entity_time;
extern const Feature external_services;
extern const Feature last_activity;
extern const Feature multicast;
extern const Feature people_search;
extern const Feature personal_events;
extern const Feature ping;
extern const Feature private_storage;
extern const Feature push;
extern const Feature registration;
extern const Feature rooms_service;
extern const Feature roster;
extern const Feature session_establishment;
extern const Feature shared_nodes;
extern const Feature software_version;
extern const Feature vcard;

const std::vector<const Feature*>& all_features();

/// Advertises what the feature offers and lets it install its handlers.
void install(const Feature& feature, Host& host);

}  // namespace chancery
