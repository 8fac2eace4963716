// Feeds samples to the streams of a model and keeps what comes out, with the clock of each transfer.
//
// Usage: simulator FOLDER. FOLDER/job.txt says what to do:
//
//     LANES STALLS SEED CLOCK_LIMIT TAIL
//     SAMPLES I_WORD I_WORDS O_WORD O_WORDS        (for each lane)
//
// A lane is one pair of streams: words I_WORD to I_WORD + I_WORDS - 1 of i_payload and a bit each of
// i_valid and i_ready, the same for o. FOLDER/input.bin holds the payloads, lane after lane; the
// results go to output.bin in the same form, the clocks at which samples were taken and results
// first offered to taken.bin and offered.bin (64 bits each). Lines of standard output:
//
//     progress RESULTS
//     end ok CLOCKS | end full | end hang|unsteady|surplus LANE TAKEN GIVEN CLOCKS
//
// It ends as full where the results cannot be written.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "Vmodel.h"
#include "verilated.h"

namespace {

using Words = std::vector<uint32_t>;

struct Lane {
    uint64_t samples;
    uint32_t i_word, i_words, o_word, o_words;
    Words input, output;
    std::vector<uint64_t> taken, offered;
    std::mt19937_64 random;
    uint64_t sent = 0, got = 0;
    bool valid = false;    // i holds sample `sent`
    bool waiting = false;  // result `got` was offered in an earlier clock and not taken
    bool ready = false;
};

struct Outcome {
    const char* what;
    size_t lane;
};

class Harness {
  public:
    explicit Harness(const std::string& folder) : folder_{folder} {
        std::ifstream job{folder + "/job.txt"};
        size_t lanes;
        double stalls;
        job >> lanes >> stalls >> seed_ >> limit_ >> tail_;
        stall_ = static_cast<uint64_t>(stalls * 18446744073709551616.0);
        std::ifstream input{folder + "/input.bin", std::ios::binary};
        for (size_t k = 0; k < lanes; ++k) {
            Lane lane{};
            job >> lane.samples >> lane.i_word >> lane.i_words >> lane.o_word >> lane.o_words;
            lane.input.resize(lane.samples * lane.i_words);
            lane.output.resize(lane.samples * lane.o_words);
            lane.taken.resize(lane.samples);
            lane.offered.resize(lane.samples);
            input.read(reinterpret_cast<char*>(lane.input.data()), lane.input.size() * 4);
            lane.random.seed(seed_ + k);
            total_ += lane.samples;
            lanes_.push_back(std::move(lane));
        }
        if (!job || !input) throw std::string{"cannot read the job"};
    }

    int run() {
        reset();
        Outcome outcome{nullptr, 0};
        uint64_t left = tail_;
        const uint64_t step = std::max<uint64_t>(total_ / 100, 1);
        for (uint64_t shown = step; !outcome.what; ++clock_) {
            if (given_ == total_ && left-- == 0) break;
            if (given_ < total_ && clock_ >= limit_) {
                outcome = {"hang", slowest()};
                break;
            }
            outcome = tick();
            for (; given_ >= shown; shown += step) {
                std::printf("progress %lu\n", static_cast<unsigned long>(given_));
                std::fflush(stdout);
            }
        }
        model_.final();
        if (outcome.what) {
            const Lane& lane = lanes_[outcome.lane];
            std::printf("end %s %zu %lu %lu %lu\n", outcome.what, outcome.lane,
                        static_cast<unsigned long>(lane.sent),
                        static_cast<unsigned long>(lane.got), static_cast<unsigned long>(clock_));
            return 0;
        }
        if (save()) {
            std::printf("end ok %lu\n", static_cast<unsigned long>(clock_ - tail_));
        } else {
            std::printf("end full\n");
        }
        return 0;
    }

  private:
    static bool bit(const EData* words, size_t k) { return words[k / 32] >> (k % 32) & 1; }

    static void set_bit(EData* words, size_t k, bool value) {
        words[k / 32] = (words[k / 32] & ~(1U << (k % 32))) | (uint32_t{value} << (k % 32));
    }

    bool stalls(Lane& lane) { return stall_ && lane.random() < stall_; }

    void reset() {
        model_.rst = 1;
        for (int k = 0; k < 4; ++k) {
            model_.clk = 0;
            model_.eval();
            model_.clk = 1;
            model_.eval();
        }
        model_.rst = 0;
    }

    // A valid sample stays until it is taken; with stalls, the payload is noise while none is valid.
    void drive(Lane& lane, size_t k) {
        EData* payload = &model_.i_payload[lane.i_word];
        if (!lane.valid && lane.sent < lane.samples && !stalls(lane)) {
            lane.valid = true;
            std::copy_n(&lane.input[lane.sent * lane.i_words], lane.i_words, payload);
        } else if (!lane.valid && stall_) {
            std::generate_n(payload, lane.i_words,
                            [&] { return static_cast<uint32_t>(lane.random()); });
        }
        lane.ready = lane.got == lane.samples || !stalls(lane);
        set_bit(&model_.i_valid[0], k, lane.valid);
        set_bit(&model_.o_ready[0], k, lane.ready);
    }

    // What happens at the coming edge; the name of what is wrong, or nullptr.
    const char* observe(Lane& lane, size_t k) {
        if (lane.valid && bit(&model_.i_ready[0], k)) {
            lane.taken[lane.sent++] = clock_;
            lane.valid = false;
        }
        const bool offered = bit(&model_.o_valid[0], k);
        if (!offered) return lane.waiting ? "unsteady" : nullptr;
        if (lane.got >= lane.sent) return "surplus";
        const EData* payload = &model_.o_payload[lane.o_word];
        uint32_t* result = &lane.output[lane.got * lane.o_words];
        if (!lane.waiting) {
            lane.offered[lane.got] = clock_;
            std::copy_n(payload, lane.o_words, result);
        } else if (!std::equal(result, result + lane.o_words, payload)) {
            return "unsteady";
        }
        lane.waiting = !lane.ready;
        if (lane.ready) {
            ++lane.got;
            ++given_;
        }
        return nullptr;
    }

    Outcome tick() {
        for (size_t k = 0; k < lanes_.size(); ++k) drive(lanes_[k], k);
        model_.clk = 0;
        model_.eval();
        for (size_t k = 0; k < lanes_.size(); ++k) {
            if (const char* wrong = observe(lanes_[k], k)) return {wrong, k};
        }
        model_.clk = 1;
        model_.eval();
        return {nullptr, 0};
    }

    size_t slowest() const {
        const auto missing = [](const Lane& lane) { return lane.samples - lane.got; };
        const auto most = std::max_element(
            lanes_.begin(), lanes_.end(),
            [&](const Lane& one, const Lane& other) { return missing(one) < missing(other); });
        return most - lanes_.begin();
    }

    template <typename Member>
    bool save(const char* name, Member member) const {
        std::ofstream file{folder_ + "/" + name, std::ios::binary};
        for (const Lane& lane : lanes_) {
            const auto& values = lane.*member;
            file.write(reinterpret_cast<const char*>(values.data()),
                       values.size() * sizeof(values[0]));
        }
        return static_cast<bool>(file.flush());
    }

    bool save() const {
        return save("output.bin", &Lane::output) && save("taken.bin", &Lane::taken) &&
               save("offered.bin", &Lane::offered);
    }

    std::string folder_;
    Vmodel model_;
    std::vector<Lane> lanes_;
    uint64_t seed_ = 0, limit_ = 0, tail_ = 0, stall_ = 0;
    uint64_t total_ = 0, given_ = 0, clock_ = 0;
};

}  // namespace

// Verilator's library asks for the time of simulation.
double sc_time_stamp() { return 0; }

int main(int, char** arguments) {
    try {
        return Harness{arguments[1]}.run();
    } catch (const std::string& message) {
        std::fprintf(stderr, "%s\n", message.c_str());
        return 1;
    }
}
