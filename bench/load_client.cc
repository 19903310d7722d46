// Loads a server: several connections, several calls under way on each, over
// the real wire. Bounded by the number of texts or by seconds. Prints a JSON
// line a second with what has been answered so far, and one at the end.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/client.h"

ABSL_FLAG(std::string, server, "127.0.0.1:8470", "Where the server listens");
ABSL_FLAG(std::string, method, "embed", "embed or translate");
ABSL_FLAG(std::string, model, "", "Name of the model");
ABSL_FLAG(std::string, target_language, "", "Of translations");
ABSL_FLAG(std::string, texts, "", "File of texts, one a line");
ABSL_FLAG(int, min_words, 0,
          "With --max_words: texts of so many words at least, drawn from the "
          "file's");
ABSL_FLAG(int, max_words, 0, "0: the file's lines as they are, in turn");
ABSL_FLAG(int, texts_per_call, 32, "Texts of a call");
ABSL_FLAG(int, num_connections, 4, "Connections");
ABSL_FLAG(int, calls_per_connection, 8, "Calls under way on each connection");
ABSL_FLAG(int64_t, num_texts, 0,
          "Ends after so many texts; 0: after --seconds");
ABSL_FLAG(double, seconds, 10, "Ends after so long, unless --num_texts is set");

namespace parley {
namespace {

// Gives out texts. One thread at a time.
class TextSource {
 public:
  explicit TextSource(std::vector<std::string> lines)
      : lines_(std::move(lines)) {
    for (const std::string& line : lines_) {
      for (const absl::string_view word :
           absl::StrSplit(line, ' ', absl::SkipEmpty())) {
        words_.emplace_back(word);
      }
    }
  }

  std::string Next() {
    const int max_words = absl::GetFlag(FLAGS_max_words);
    if (max_words == 0) return lines_[next_line_++ % lines_.size()];
    const int min_words =
        std::clamp(absl::GetFlag(FLAGS_min_words), 1, max_words);
    std::uniform_int_distribution<int> count(min_words, max_words);
    std::uniform_int_distribution<size_t> index(0, words_.size() - 1);
    std::vector<absl::string_view> words(count(generator_));
    for (absl::string_view& word : words) word = words_[index(generator_)];
    return absl::StrJoin(words, " ");
  }

 private:
  std::vector<std::string> lines_;
  std::vector<std::string> words_;
  size_t next_line_ = 0;
  std::mt19937 generator_{1};
};

struct Progress {
  int64_t num_texts = 0;
  int64_t num_tokens = 0;
};

// What one call has brought, or what was wrong with it or one of its items.
absl::StatusOr<Progress> Count(
    const absl::StatusOr<parley::v1::EmbedResponse>& response) {
  if (!response.ok()) return response.status();
  Progress progress;
  for (const auto& result : response->results()) {
    if (result.status().code() != 0) {
      return absl::InternalError(result.status().message());
    }
    ++progress.num_texts;
    progress.num_tokens += result.tokens();
  }
  return progress;
}

absl::StatusOr<Progress> Count(
    const absl::StatusOr<parley::v1::TranslateResponse>& response) {
  if (!response.ok()) return response.status();
  Progress progress;
  for (const auto& result : response->results()) {
    if (result.status().code() != 0) {
      return absl::InternalError(result.status().message());
    }
    ++progress.num_texts;
    progress.num_tokens += result.source_tokens();
  }
  return progress;
}

// Keeps calls under way until enough texts were sent. Callbacks run on threads
// of gRPC's; everything else on the thread that made it.
class Load {
 public:
  explicit Load(std::vector<std::string> lines)
      : texts_(std::move(lines)), left_(absl::GetFlag(FLAGS_num_texts)) {
    if (left_ == 0) {
      left_ = INT64_MAX;
      deadline_ = absl::Now() + absl::Seconds(absl::GetFlag(FLAGS_seconds));
    }
  }

  // Returns the first error, if there was one.
  absl::Status Run() {
    start_ = absl::Now();
    std::vector<std::unique_ptr<client::Client>> clients;
    for (int i = 0; i < absl::GetFlag(FLAGS_num_connections); ++i) {
      clients.push_back(std::make_unique<client::Client>(client::ClientOptions{
          .server = absl::GetFlag(FLAGS_server), .timeout = absl::Minutes(5)}));
      for (int k = 0; k < absl::GetFlag(FLAGS_calls_per_connection); ++k) {
        CallNext(*clients.back());
      }
    }
    absl::MutexLock lock(&mutex_);
    const auto is_over = [this] { return num_under_way_ == 0; };
    while (
        !mutex_.AwaitWithTimeout(absl::Condition(&is_over), absl::Seconds(1))) {
      Print(false);
    }
    Print(true);
    return first_error_;
  }

 private:
  // Starts one call more, unless enough have been made.
  void CallNext(client::Client& client) {
    std::vector<std::string> texts;
    {
      absl::MutexLock lock(&mutex_);
      const int64_t count =
          std::min<int64_t>(left_, absl::GetFlag(FLAGS_texts_per_call));
      if (count == 0 || !first_error_.ok() || absl::Now() >= deadline_) return;
      left_ -= count;
      ++num_under_way_;
      for (int64_t i = 0; i < count; ++i) texts.push_back(texts_.Next());
    }
    if (absl::GetFlag(FLAGS_method) == "embed") {
      parley::v1::EmbedRequest request;
      request.set_model(absl::GetFlag(FLAGS_model));
      for (std::string& text : texts) request.add_texts(std::move(text));
      client.EmbedAsync(std::move(request), [this, &client](auto response) {
        Finish(client, Count(response));
      });
    } else {
      parley::v1::TranslateRequest request;
      request.set_model(absl::GetFlag(FLAGS_model));
      request.set_target_language(absl::GetFlag(FLAGS_target_language));
      for (std::string& text : texts) request.add_texts(std::move(text));
      client.TranslateAsync(std::move(request), [this, &client](auto response) {
        Finish(client, Count(response));
      });
    }
  }

  void Finish(client::Client& client, const absl::StatusOr<Progress>& call) {
    {
      absl::MutexLock lock(&mutex_);
      if (call.ok()) {
        done_.num_texts += call->num_texts;
        done_.num_tokens += call->num_tokens;
        last_answer_ = absl::Now();
      } else if (first_error_.ok()) {
        first_error_ = call.status();
      }
    }
    // Before this one is counted out, so that the count stays above 0 until
    // nothing more follows.
    CallNext(client);
    absl::MutexLock lock(&mutex_);
    --num_under_way_;
  }

  void Print(bool is_last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const absl::Time end = is_last ? last_answer_ : absl::Now();
    std::printf("{\"texts\": %lld, \"tokens\": %lld, \"seconds\": %.6f}\n",
                static_cast<long long>(done_.num_texts),
                static_cast<long long>(done_.num_tokens),
                absl::ToDoubleSeconds(end - start_));
    std::fflush(stdout);
  }

  absl::Mutex mutex_;
  TextSource texts_ ABSL_GUARDED_BY(mutex_);
  int64_t left_ ABSL_GUARDED_BY(mutex_);
  int num_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  Progress done_ ABSL_GUARDED_BY(mutex_);
  absl::Status first_error_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_answer_ ABSL_GUARDED_BY(mutex_);
  absl::Time start_;
  absl::Time deadline_ = absl::InfiniteFuture();
};

absl::Status Run() {
  const std::string method = absl::GetFlag(FLAGS_method);
  if (method != "embed" && method != "translate") {
    return absl::InvalidArgumentError("--method must be embed or translate");
  }
  std::ifstream file(absl::GetFlag(FLAGS_texts));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no texts in ", absl::GetFlag(FLAGS_texts)));
  }
  return Load(std::move(lines)).Run();
}

}  // namespace
}  // namespace parley

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Calls a server as fast as it answers; prints JSON lines.");
  absl::ParseCommandLine(argc, argv);
#ifndef NDEBUG
  std::fprintf(stderr, "refusing to measure with an unoptimised build\n");
  return 1;
#endif
  const absl::Status status = parley::Run();
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}
