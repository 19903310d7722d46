#include "bench/load/workload.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace parley::load {
namespace {

WorkloadOptions Options() {
  WorkloadOptions options = {.translation_model = "en-de",
                             .target_language = "de",
                             .embedding_model = "minilm"};
  options.translate_options.set_num_beams(3);
  options.call_options.set_priority(v1::PRIORITY_LOW);
  return options;
}

Workload Make(const WorkloadOptions& options) {
  return Workload(options, {"A dog.", "Two men walk home."});
}

TEST(WorkloadTest, FillsTranslations) {
  Workload workload = Make(Options());
  const CallPlan plan = workload.Draw(3);
  ASSERT_TRUE(plan.translate.has_value());
  EXPECT_FALSE(plan.embed.has_value());
  EXPECT_EQ(plan.translate->model(), "en-de");
  EXPECT_EQ(plan.translate->target_language(), "de");
  EXPECT_EQ(plan.translate->texts_size(), 3);
  EXPECT_EQ(plan.translate->options().num_beams(), 3);
  EXPECT_EQ(plan.translate->call().priority(), v1::PRIORITY_LOW);
  EXPECT_FALSE(plan.cancel_after.has_value());
}

TEST(WorkloadTest, FillsEmbeddings) {
  WorkloadOptions options = Options();
  options.embedding_share = 1;
  Workload workload = Make(options);
  const CallPlan plan = workload.Draw();
  ASSERT_TRUE(plan.embed.has_value());
  EXPECT_FALSE(plan.translate.has_value());
  EXPECT_EQ(plan.embed->model(), "minilm");
  EXPECT_EQ(plan.embed->texts_size(), 1);
  EXPECT_EQ(plan.embed->call().priority(), v1::PRIORITY_LOW);
}

TEST(WorkloadTest, MixesBoth) {
  WorkloadOptions options = Options();
  options.embedding_share = 0.3;
  Workload workload = Make(options);
  int num_embeddings = 0;
  for (int i = 0; i < 10000; ++i) {
    num_embeddings += workload.Draw().embed.has_value();
  }
  EXPECT_NEAR(num_embeddings, 3000, 300);
}

TEST(WorkloadTest, CancelsItsShareAtAnyPhase) {
  WorkloadOptions options = Options();
  options.cancel_share = 0.5;
  options.cancel_within = absl::Seconds(1);
  Workload workload = Make(options);
  int num_cancelled = 0;
  int num_in_first_half = 0;
  for (int i = 0; i < 10000; ++i) {
    const CallPlan plan = workload.Draw();
    if (!plan.cancel_after.has_value()) continue;
    EXPECT_GE(*plan.cancel_after, absl::ZeroDuration());
    EXPECT_LE(*plan.cancel_after, absl::Seconds(1));
    ++num_cancelled;
    num_in_first_half += *plan.cancel_after < absl::Milliseconds(500);
  }
  EXPECT_NEAR(num_cancelled, 5000, 300);
  EXPECT_NEAR(num_in_first_half, num_cancelled / 2, 300);
}

}  // namespace
}  // namespace parley::load
