#include "server/batching/result_cache.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using Found = ResultCache::Found;

TaskOutcome Answer(float value) {
  TaskResult result;
  result.encoded.values = {value};
  return {.result = std::move(result)};
}

// An entry that leaves its outcome in `outcomes`.
QueueEntry Entry(TokenId source, std::vector<TaskOutcome>* outcomes) {
  QueueEntry entry;
  entry.task.source_ids = {source};
  entry.done = [outcomes](TaskOutcome outcome) {
    outcomes->push_back(std::move(outcome));
  };
  return entry;
}

Found Find(ResultCache* cache, QueueEntry* entry) {
  return cache->Find(ResultKey("model", "1", *entry), entry);
}

TEST(ResultKeyTest, DiffersWhereAnythingDoes) {
  const std::vector<std::function<void(QueueEntry*)>> changes = {
      [](QueueEntry*) {},
      [](QueueEntry* entry) {
        entry->task.source_ids = {1, 2};
      },
      [](QueueEntry* entry) { entry->task.source_ids = {}; },
      [](QueueEntry* entry) { entry->task.target_tokens = {1}; },
      [](QueueEntry* entry) { entry->use_shortlist = true; },
      [](QueueEntry* entry) { entry->task.search.num_beams = 2; },
      [](QueueEntry* entry) { entry->task.search.num_hypotheses = 2; },
      [](QueueEntry* entry) { entry->task.search.length_penalty = 2; },
      [](QueueEntry* entry) {
        entry->task.search.early_stopping = EarlyStopping::kNever;
      },
      [](QueueEntry* entry) { entry->task.search.max_new_tokens = 2; },
      [](QueueEntry* entry) { entry->task.search.min_new_tokens = 2; },
      [](QueueEntry* entry) { entry->task.search.sampling.emplace(); },
      [](QueueEntry* entry) { entry->task.search.sampling = {.seed = 2}; },
      [](QueueEntry* entry) { entry->task.search.sampling = {.top_k = 2}; },
      [](QueueEntry* entry) { entry->task.search.sampling = {.top_p = 0.5f}; },
      [](QueueEntry* entry) {
        entry->task.search.sampling = {.temperature = 2};
      },
      [](QueueEntry* entry) {
        entry->task.encode.output = EncoderOutput::kLabels;
      },
      [](QueueEntry* entry) { entry->task.encode.segment_ids = {0}; },
      [](QueueEntry* entry) { entry->task.encode.pooling = {Pooling::kMax}; },
      [](QueueEntry* entry) { entry->task.encode.num_unpooled_tokens = 1; },
      [](QueueEntry* entry) { entry->task.encode.layers = {1}; },
      [](QueueEntry* entry) {
        entry->task.encode.layer_join = LayerJoin::kSum;
      },
      [](QueueEntry* entry) { entry->task.encode.positions = {1}; },
      [](QueueEntry* entry) { entry->task.encode.top_k = 1; },
  };
  std::vector<std::string> keys;
  for (const auto& change : changes) {
    QueueEntry entry;
    entry.task.source_ids = {1};
    change(&entry);
    keys.push_back(ResultKey("model", "1", entry));
  }
  QueueEntry entry;
  entry.task.source_ids = {1};
  EXPECT_EQ(ResultKey("model", "1", entry), keys[0]);
  keys.push_back(ResultKey("model", "2", entry));
  keys.push_back(ResultKey("mode", "l1", entry));
  for (size_t i = 0; i < keys.size(); ++i) {
    for (size_t k = 0; k < i; ++k) EXPECT_NE(keys[i], keys[k]) << i << " " << k;
  }
}

TEST(ResultCacheTest, GivesWhatWasComputedBefore) {
  ResultCache cache(1 << 20);
  std::vector<TaskOutcome> outcomes;
  QueueEntry first = Entry(1, &outcomes);
  ASSERT_EQ(Find(&cache, &first), Found::kNothing);
  first.done(Answer(5));
  QueueEntry again = Entry(1, &outcomes);
  EXPECT_EQ(Find(&cache, &again), Found::kResult);
  QueueEntry other = Entry(2, &outcomes);
  EXPECT_EQ(Find(&cache, &other), Found::kNothing);
  other.done({.result = absl::UnavailableError("end")});
  ASSERT_EQ(outcomes.size(), 3);
  EXPECT_EQ(outcomes[0].result->encoded.values[0], 5);
  EXPECT_EQ(outcomes[1].result->encoded.values[0], 5);
  EXPECT_FALSE(outcomes[2].result.ok());
  EXPECT_EQ(cache.num_results(), 1);
}

TEST(ResultCacheTest, ErrorsAreNotKept) {
  ResultCache cache(1 << 20);
  std::vector<TaskOutcome> outcomes;
  for (int i = 0; i < 2; ++i) {
    QueueEntry entry = Entry(1, &outcomes);
    EXPECT_EQ(Find(&cache, &entry), Found::kNothing);
    entry.done({.result = absl::InternalError("not a number")});
  }
  EXPECT_EQ(outcomes.size(), 2);
  EXPECT_EQ(cache.num_bytes(), 0);
}

TEST(ResultCacheTest, TheSameUnderWayIsComputedOnce) {
  ResultCache cache(1 << 20);
  std::vector<TaskOutcome> outcomes;
  QueueEntry leader = Entry(1, &outcomes);
  ASSERT_EQ(Find(&cache, &leader), Found::kNothing);
  for (int i = 0; i < 3; ++i) {
    QueueEntry follower = Entry(1, &outcomes);
    EXPECT_EQ(Find(&cache, &follower), Found::kUnderWay);
  }
  QueueEntry hurried = Entry(1, &outcomes);
  hurried.flow.priority = Priority::kHigh;
  EXPECT_EQ(Find(&cache, &hurried), Found::kNothing);
  leader.done(Answer(7));
  EXPECT_EQ(outcomes.size(), 4);
  hurried.done(Answer(7));
  EXPECT_EQ(outcomes.size(), 5);
  EXPECT_EQ(cache.num_results(), 1);
}

TEST(ResultCacheTest, IsComputedForAsLongAsAnybodyWaits) {
  ResultCache cache(1 << 20);
  std::vector<TaskOutcome> outcomes;
  const absl::Time now = absl::Now();
  const auto cancel = std::make_shared<CancelFlag>();
  QueueEntry leader = Entry(1, &outcomes);
  leader.cancel = cancel;
  ASSERT_EQ(Find(&cache, &leader), Found::kNothing);
  QueueEntry follower = Entry(1, &outcomes);
  follower.deadline = now + absl::Hours(1);
  ASSERT_EQ(Find(&cache, &follower), Found::kUnderWay);
  cancel->Cancel();
  EXPECT_TRUE(leader.interest->StillWanted(now).ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      leader.interest->StillWanted(now + absl::Hours(2))));
  leader.done(Answer(7));
  ASSERT_EQ(outcomes.size(), 2);
  EXPECT_TRUE(absl::IsCancelled(outcomes[0].result.status()));
  EXPECT_TRUE(outcomes[1].result.ok());
}

TEST(ResultCacheTest, WhoComesAfterItWasGivenUpStartsAnew) {
  ResultCache cache(1 << 20);
  std::vector<TaskOutcome> outcomes;
  const auto cancel = std::make_shared<CancelFlag>();
  QueueEntry leader = Entry(1, &outcomes);
  leader.cancel = cancel;
  ASSERT_EQ(Find(&cache, &leader), Found::kNothing);
  cancel->Cancel();
  const absl::Status given_up = leader.interest->StillWanted(absl::Now());
  ASSERT_TRUE(absl::IsCancelled(given_up));
  QueueEntry next = Entry(1, &outcomes);
  ASSERT_EQ(Find(&cache, &next), Found::kNothing);
  EXPECT_EQ(leader.interest->StillWanted(absl::Now()), given_up);
  leader.done({.result = given_up});
  // The end of the first is not that of the second.
  QueueEntry follower = Entry(1, &outcomes);
  EXPECT_EQ(Find(&cache, &follower), Found::kUnderWay);
  next.done(Answer(7));
  ASSERT_EQ(outcomes.size(), 3);
  EXPECT_TRUE(absl::IsCancelled(outcomes[0].result.status()));
  EXPECT_TRUE(outcomes[1].result.ok());
  EXPECT_TRUE(outcomes[2].result.ok());
}

TEST(ResultCacheTest, WhoWantsProgressDoesNotWaitForWhoDoesNot) {
  ResultCache cache(1 << 20);
  std::vector<TaskOutcome> outcomes;
  QueueEntry leader = Entry(1, &outcomes);
  ASSERT_EQ(Find(&cache, &leader), Found::kNothing);
  EXPECT_EQ(leader.progress, nullptr);
  QueueEntry streamed = Entry(1, &outcomes);
  streamed.progress = [](std::vector<TokenId>) {};
  EXPECT_EQ(Find(&cache, &streamed), Found::kNothing);
  EXPECT_NE(streamed.progress, nullptr);
  streamed.done(Answer(1));
  leader.done(Answer(1));
  EXPECT_EQ(outcomes.size(), 2);
}

TEST(ResultCacheTest, WhoComesLateIsToldAllThatWasDecided) {
  ResultCache cache(1 << 20);
  std::vector<TaskOutcome> outcomes;
  using Deltas = std::vector<std::vector<TokenId>>;
  const auto find = [&](Deltas* deltas, QueueEntry* entry) {
    *entry = Entry(1, &outcomes);
    entry->progress = [deltas](std::vector<TokenId> token_ids) {
      deltas->push_back(std::move(token_ids));
    };
    return Find(&cache, entry);
  };
  Deltas first, second, third;
  QueueEntry leader, follower, last;
  ASSERT_EQ(find(&first, &leader), Found::kNothing);
  leader.progress({11});
  leader.progress({12, 13});
  ASSERT_EQ(find(&second, &follower), Found::kUnderWay);
  leader.progress({14});
  ASSERT_EQ(find(&third, &last), Found::kUnderWay);
  leader.done(Answer(1));
  EXPECT_EQ(first, (Deltas{{11}, {12, 13}, {14}}));
  EXPECT_EQ(second, (Deltas{{11, 12, 13}, {14}}));
  EXPECT_EQ(third, (Deltas{{11, 12, 13, 14}}));
  EXPECT_EQ(outcomes.size(), 3);
  EXPECT_EQ(cache.num_results(), 1);
}

TEST(ResultCacheTest, TheLongestUnusedGoFirst) {
  std::vector<TaskOutcome> outcomes;
  const auto compute = [&outcomes](ResultCache* cache, TokenId source) {
    QueueEntry entry = Entry(source, &outcomes);
    const Found found = Find(cache, &entry);
    if (found == Found::kNothing) entry.done(Answer(source));
    return found;
  };
  ResultCache probe(1 << 20);
  compute(&probe, 1);
  ResultCache cache(probe.num_bytes() * 3);
  for (const TokenId source : {1, 2, 3}) compute(&cache, source);
  EXPECT_EQ(compute(&cache, 1), Found::kResult);
  EXPECT_EQ(compute(&cache, 4), Found::kNothing);
  EXPECT_EQ(cache.num_results(), 3);
  EXPECT_EQ(compute(&cache, 1), Found::kResult);
  EXPECT_EQ(compute(&cache, 2), Found::kNothing);
  EXPECT_EQ(cache.num_bytes(), probe.num_bytes() * 3);
  ResultCache tiny(1);
  compute(&tiny, 1);
  EXPECT_EQ(tiny.num_results(), 0);
}

}  // namespace
}  // namespace parley
