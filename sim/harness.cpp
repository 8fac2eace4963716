// Feeds samples to the streams of a model and keeps what comes out, with the clock of each sample.
//
// Usage: simulator FOLDER. FOLDER/job.txt says what to do:
//
//     LANES STALLS SEED CLOCK_LIMIT TAIL
//     SAMPLES INPUTS               (for each lane, and then for each of its inputs and its output:)
//     BEATS BIT WORD WORDS
//
// A lane is one design. Each of its streams takes BEATS transfers a sample, and lies in bit BIT of
// i_valid and i_ready and words WORD to WORD + WORDS - 1 of i_payload; the output in those of o.
// FOLDER/input.bin holds the payloads of lane after lane, input after input, beat after beat; the
// results go to output.bin in the same form. For each sample, taken.bin gets the clock in which the
// first of its beats was taken by any input, and offered.bin the clock in which the last beat of
// its result was first offered (64 bits each). Lines of standard output:
//
//     progress RESULTS
//     end ok | end full | end hang|unsteady|surplus LANE CLOCKS TRANSFERS... (of each stream)
//
// It ends as full where the results cannot be written.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "Vmodel.h"
#include "verilated.h"

// The model is compiled without optimization, which would take longer than it saves; this is not.
#pragma GCC optimize("O2")

namespace {

using Words = std::vector<uint32_t>;

struct Stream {
    uint64_t beats;  // of a sample
    size_t bit;
    uint32_t words;
    EData* payload;         // in the model
    Words payloads;         // of all beats
    uint64_t transfers = 0;
    uint64_t begun = 0;     // samples of which a beat was transferred
    uint64_t missing = 0;   // beats of the last of them
    bool valid = false;     // a beat is on offer: input `transfers`, or a result not taken yet

    uint64_t whole() const { return missing ? begun - 1 : begun; }

    uint32_t* beat() { return payloads.data() + transfers * words; }

    // Whether it is the first beat of a sample.
    bool transfer() {
        const bool first = !missing;
        if (first) {
            missing = beats;
            ++begun;
        }
        --missing;
        ++transfers;
        return first;
    }
};

struct Lane {
    uint64_t samples;
    std::vector<Stream> inputs;
    Stream output;
    std::vector<uint64_t> taken, offered;
    std::mt19937_64 random;
    uint64_t begun = 0;  // samples of which any input took a beat
    uint64_t left = 0;   // transfers
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
        std::ifstream input{folder + "/input.bin", std::ios::binary};
        size_t lanes;
        double stalls;
        job >> lanes >> stalls >> seed_ >> limit_ >> tail_ >> idle_;
        stall_ = static_cast<uint64_t>(stalls * 18446744073709551616.0);
        for (size_t k = 0; job && k < lanes; ++k) lanes_.push_back(read_lane(job, input, k));
        if (!job || !input) throw std::string{"cannot read the job"};
    }

    int run() {
        reset();
        Outcome outcome{nullptr, 0};
        uint64_t tail = tail_;
        const uint64_t step = std::max<uint64_t>(total_ / 100, 1);
        for (uint64_t shown = step; !outcome.what; ++clock_) {
            if (left_ == 0 && tail-- == 0) break;
            if (left_ > 0 && clock_ >= limit_) {
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
            report(outcome);
        } else {
            std::printf(save() ? "end ok\n" : "end full\n");
        }
        return 0;
    }

  private:
    static bool bit(const EData* words, size_t k) { return words[k / 32] >> (k % 32) & 1; }

    static void set_bit(EData* words, size_t k, bool value) {
        words[k / 32] = (words[k / 32] & ~(1U << (k % 32))) | (uint32_t{value} << (k % 32));
    }

    Lane read_lane(std::istream& job, std::istream& input, size_t k) {
        Lane lane{};
        size_t inputs = 0;
        job >> lane.samples >> inputs;
        for (size_t j = 0; job && j < inputs; ++j) {
            lane.inputs.push_back(read_stream(job, lane, &model_.i_payload[0]));
            Words& payloads = lane.inputs.back().payloads;
            input.read(reinterpret_cast<char*>(payloads.data()), payloads.size() * 4);
        }
        lane.output = read_stream(job, lane, &model_.o_payload[0]);
        lane.taken.resize(lane.samples);
        lane.offered.resize(lane.samples);
        lane.random.seed(seed_ + k);
        total_ += lane.samples;
        left_ += lane.left;
        return lane;
    }

    static Stream read_stream(std::istream& job, Lane& lane, EData* payloads) {
        Stream stream{};
        size_t word = 0;
        job >> stream.beats >> stream.bit >> word >> stream.words;
        stream.payload = payloads + word;
        stream.payloads.resize(lane.samples * stream.beats * stream.words);
        lane.left += lane.samples * stream.beats;
        return stream;
    }

    bool stalls(Lane& lane) { return stall_ && lane.random() < stall_; }

    void idle(uint64_t clocks) {
        for (uint64_t k = 0; k < clocks; ++k) {
            model_.clk = 0;
            model_.eval();
            model_.clk = 1;
            model_.eval();
        }
    }

    void reset() {
        model_.rst = 1;
        idle(4);
        model_.rst = 0;
        idle(idle_);
    }

    // A valid beat stays until it is taken; with stalls, the payload is noise while none is valid.
    void drive(Lane& lane, Stream& input) {
        if (!input.valid && input.whole() < lane.samples && !stalls(lane)) {
            input.valid = true;
            std::memcpy(input.payload, input.beat(), input.words * sizeof *input.payload);
        } else if (!input.valid && stall_) {
            for (uint32_t k = 0; k < input.words; ++k) {
                input.payload[k] = static_cast<uint32_t>(lane.random());
            }
        }
        set_bit(i_valid_, input.bit, input.valid);
    }

    void drive(Lane& lane) {
        for (Stream& input : lane.inputs) drive(lane, input);
        lane.ready = lane.output.whole() == lane.samples || !stalls(lane);
        set_bit(o_ready_, lane.output.bit, lane.ready);
    }

    void count(Lane& lane) {
        --lane.left;
        --left_;
    }

    void take(Lane& lane, Stream& input) {
        if (!input.valid || !bit(i_ready_, input.bit)) return;
        if (input.transfer() && input.begun > lane.begun) lane.taken[lane.begun++] = clock_;
        input.valid = false;
        count(lane);
    }

    // What happens at the coming edge; the name of what is wrong, or nullptr.
    const char* observe(Lane& lane) {
        uint64_t asked = lane.samples;  // samples of which every input gave a beat
        for (Stream& input : lane.inputs) {
            take(lane, input);
            if (input.begun < asked) asked = input.begun;
        }
        Stream& output = lane.output;
        if (!bit(o_valid_, output.bit)) return output.valid ? "unsteady" : nullptr;
        const uint64_t sample = output.whole();
        if (sample >= asked) return "surplus";
        uint32_t* result = output.beat();
        if (!output.valid) {
            lane.offered[sample] = clock_;
            std::memcpy(result, output.payload, output.words * sizeof *result);
        } else if (std::memcmp(result, output.payload, output.words * sizeof *result)) {
            return "unsteady";
        }
        output.valid = !lane.ready;
        if (lane.ready) {
            output.transfer();
            count(lane);
            if (!output.missing) ++given_;
        }
        return nullptr;
    }

    Outcome tick() {
        for (Lane& lane : lanes_) drive(lane);
        model_.clk = 0;
        model_.eval();
        for (size_t k = 0; k < lanes_.size(); ++k) {
            if (const char* wrong = observe(lanes_[k])) return {wrong, k};
        }
        model_.clk = 1;
        model_.eval();
        return {nullptr, 0};
    }

    size_t slowest() const {
        const auto most = std::max_element(
            lanes_.begin(), lanes_.end(),
            [](const Lane& one, const Lane& other) { return one.left < other.left; });
        return most - lanes_.begin();
    }

    void report(const Outcome& outcome) const {
        const Lane& lane = lanes_[outcome.lane];
        std::printf("end %s %zu %lu", outcome.what, outcome.lane,
                    static_cast<unsigned long>(clock_));
        for (const Stream& input : lane.inputs) {
            std::printf(" %lu", static_cast<unsigned long>(input.transfers));
        }
        std::printf(" %lu\n", static_cast<unsigned long>(lane.output.transfers));
    }

    template <typename Values>
    bool save(const char* name, Values values_of) const {
        std::ofstream file{folder_ + "/" + name, std::ios::binary};
        for (const Lane& lane : lanes_) {
            const auto& values = values_of(lane);
            file.write(reinterpret_cast<const char*>(values.data()),
                       values.size() * sizeof(values[0]));
        }
        return static_cast<bool>(file.flush());
    }

    bool save() const {
        using Clocks = const std::vector<uint64_t>&;
        return save("output.bin",
                    [](const Lane& lane) -> const Words& { return lane.output.payloads; }) &&
               save("taken.bin", [](const Lane& lane) -> Clocks { return lane.taken; }) &&
               save("offered.bin", [](const Lane& lane) -> Clocks { return lane.offered; });
    }

    std::string folder_;
    Vmodel model_;
    EData* const i_valid_ = &model_.i_valid[0];
    EData* const o_ready_ = &model_.o_ready[0];
    const EData* const i_ready_ = &model_.i_ready[0];
    const EData* const o_valid_ = &model_.o_valid[0];
    std::vector<Lane> lanes_;
    uint64_t seed_ = 0, limit_ = 0, tail_ = 0, idle_ = 0, stall_ = 0;
    uint64_t total_ = 0, given_ = 0, left_ = 0, clock_ = 0;  // results, results, transfers
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
