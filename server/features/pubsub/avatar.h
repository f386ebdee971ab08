// A person's picture, which is in their nodes (XEP-0084), as those who look for it in their card (XEP-0153) see it.
#pragma once
#include <optional>
#include <string>

#include "features/pubsub/request.h"

namespace chancery::pubsub {

struct Picture {
    std::string id;                 ///< SHA-1 of the image, in hexadecimal digits
    std::string type;               ///< its media type
    std::string image;              ///< the bytes
};

/// The <PHOTO/> of a card; nothing when there is none with an image in it. Refused when it is none that can be shown.
Result<std::optional<Picture>, StanzaError> picture_in(const xml::Element& card);
xml::Element photo_of(const Picture& picture);

/// The picture, if `who` may read both nodes.
Task<std::optional<Picture>> picture_for(Host& host, Jid owner, Jid who);
/// Publishes another picture, or that there is none any more; nothing if it is the same. The owner's turn is held, and the
/// change on record.
Task<Result<void, StanzaError>> show_picture(Host& host, Jid owner, std::optional<Picture> picture);

}  // namespace chancery::pubsub
