// Intrusive lists: an object waits in a list without memory of its own, and leaves it when it is destroyed.
#pragma once

namespace chancery::net {

/// A place in at most one list. Not copied or moved: lists point at it.
class Link {
  public:
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link() { unlink(); }

    bool is_linked() const { return next_ != this; }
    void unlink() {
        previous_->next_ = next_;
        next_->previous_ = previous_;
        previous_ = next_ = this;
    }

  private:
    friend class List;
    Link* previous_ = this;
    Link* next_ = this;
};

/// Something that a shard runs later: from its ready list, its flush list or its timer wheel.
class Runnable : public Link {
  public:
    /// Called after it left its list; may destroy itself.
    virtual void run() = 0;

  protected:
    ~Runnable() = default;
};

/// A Runnable that calls a member function of the object it is part of.
template <class Owner, void (Owner::*method)(), class Base = Runnable>
class Hook final : public Base {
  public:
    explicit Hook(Owner& owner) : owner_(owner) {}
    void run() override { (owner_.*method)(); }

  private:
    Owner& owner_;
};

/// First in, first out; does not own its members.
class List {
  public:
    bool empty() const { return !head_.is_linked(); }

    /// Takes the link out of the list it is in, if any.
    void push_back(Link& link) {
        link.unlink();
        link.previous_ = head_.previous_;
        link.next_ = &head_;
        head_.previous_->next_ = &link;
        head_.previous_ = &link;
    }

    /// The list must not be empty and must hold nothing but `T`.
    template <class T>
    T& pop_front() {
        Link* first = head_.next_;
        first->unlink();
        return static_cast<T&>(*first);
    }

    /// Moves everything to the end of `other`.
    void move_to(List& other) {
        while (!empty()) other.push_back(*head_.next_);
    }

  private:
    Link head_;
};

}  // namespace chancery::net
