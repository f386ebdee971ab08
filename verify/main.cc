// chancery-verify: checks Chancery's proofs, checkpoints and journals without Chancery and without any
// secret.
#include <iostream>

#include "folder.h"

namespace {

constexpr const char* usage =
    "chancery-verify checks that the record of a Chancery server was not changed.\n\n"
    "  chancery-verify --public-key FILE PROOF.json           one record, or two checkpoints\n"
    "  chancery-verify --public-key FILE --checkpoint FILE    one signed checkpoint\n"
    "  chancery-verify --public-key FILE --journal FOLDER     every record and every checkpoint\n\n"
    "The public key is the server's journal-signing.pub, had from a source you trust.\n"
    "Exit status: 0 everything holds, 1 something does not, 2 it could not be checked.\n";

int run(const std::vector<std::string>& arguments) {
    using namespace chancery::verify;
    if (arguments.size() < 3 || arguments[0] != "--public-key") {
        std::cerr << usage;
        return 2;
    }
    const auto key = PublicKey::parse(read_file(arguments[1]));
    if (arguments.size() == 3 && !arguments[2].starts_with("--"))
        return check_proof(read_file(arguments[2]), key);
    if (arguments.size() == 4 && arguments[2] == "--checkpoint")
        return check_checkpoint(read_file(arguments[3]), key);
    if (arguments.size() == 4 && arguments[2] == "--journal") return check_folder(arguments[3], key);
    std::cerr << usage;
    return 2;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run({arguments + 1, arguments + count});
    } catch (const chancery::verify::Unreadable& error) {
        std::cerr << "Not checked: " << error.what() << ".\n";
        return 2;
    }
}
