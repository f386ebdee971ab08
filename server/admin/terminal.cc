#include "admin/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <iterator>

#include "admin/admin.h"

namespace chancery::admin {
namespace {

bool is_typed() { return ::isatty(STDIN_FILENO) == 1; }

termios before{};  // for a signal handler, which can be told nothing

void show() { ::tcsetattr(STDIN_FILENO, TCSANOW, &before); }

/// Ctrl-C ends the command, and leaves the terminal as it was.
void show_and_end(int signal) {
    show();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

/// As long as it exists, what is typed is not shown.
class Hidden {
  public:
    Hidden() {
        ::tcgetattr(STDIN_FILENO, &before);
        auto hidden = before;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        std::signal(SIGINT, show_and_end);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    ~Hidden() {
        show();
        std::signal(SIGINT, SIG_DFL);
    }
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;
};

std::string ask(const std::string& question) {
    const Hidden hidden;
    std::cerr << question << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    std::cerr << "\n";
    return answer;
}

}  // namespace

std::string read_password() {
    std::string password;
    if (is_typed()) password = ask("Password: ");
    else std::getline(std::cin, password);
    if (password.empty()) throw AdminError("A password is expected on standard input.");
    if (is_typed() && ask("Once more: ") != password) throw AdminError("The two passwords differ. Nothing was changed.");
    return password;
}

void confirm(const std::string& warning) {
    if (!is_typed()) throw AdminError(warning + " Nothing was done: nobody is here to confirm it. Add --yes.");
    std::cerr << warning << " Type yes to go on: " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != "yes") throw AdminError("Nothing was done.");
}

std::string read_text() {
    if (is_typed()) std::cerr << "Type the text, and Ctrl-D on a line of its own to end it:" << std::endl;
    std::string text(std::istreambuf_iterator<char>(std::cin), {});
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

}  // namespace chancery::admin
