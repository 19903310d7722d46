#include "server/startup_report.h"

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(LoadDisplayTest, ALineForEachStageWhereNobodyWatches) {
  std::ostringstream out;
  LoadDisplay display("demo", {.is_terminal = false}, &out);
  display.Update("reading", 0);
  display.Update("reading", 0.2);
  display.Update("packing", 0.509);
  display.Update("packing", 1.5);
  display.Finish();
  EXPECT_EQ(out.str(),
            "loading demo: reading (0%)\nloading demo: packing (50%)\n");
}

TEST(LoadDisplayTest, OneChangingLineOnATerminal) {
  std::ostringstream out;
  LoadDisplay display("demo", {.is_terminal = true}, &out);
  display.Update("reading", 0.2);
  display.Update("reading", 0.201);  // Nothing new to show.
  display.Update("reading", 0.3);
  display.Finish();
  EXPECT_EQ(out.str(),
            "\rloading demo: reading (20%)\x1b[K"
            "\rloading demo: reading (30%)\x1b[K\n");
}

TEST(LoadDisplayTest, LinesOfTheLogWhereAsked) {
  std::ostringstream out;
  LoadDisplay display("demo", {.is_terminal = true, .is_logged = true}, &out);
  testing::internal::CaptureStderr();
  display.Update("reading", 0.2);
  display.Update("reading", 0.4);
  display.Update("packing", 0.5);
  display.Finish();
  const std::vector<std::string> lines =
      absl::StrSplit(testing::internal::GetCapturedStderr(), '\n');
  ASSERT_EQ(lines.size(), 3);
  EXPECT_TRUE(absl::EndsWith(lines[0], " loading model=demo stage=reading"));
  EXPECT_TRUE(absl::EndsWith(lines[1], " loading model=demo stage=packing"));
  EXPECT_EQ(out.str(), "");
}

TEST(LoadDisplayTest, NothingWithoutAnUpdate) {
  std::ostringstream out;
  LoadDisplay display("demo", {.is_terminal = true}, &out);
  display.Finish();
  EXPECT_EQ(out.str(), "");
}

TEST(ReadyLineTest, NamesEveryModel) {
  auto pairs = std::make_shared<ServedModel>();
  pairs->info.compute_type = ComputeType::kF32;
  pairs->info.languages.pairs = {{"en", "de"}};
  auto targets = std::make_shared<ServedModel>();
  targets->info.compute_type = ComputeType::kF32;
  targets->info.languages.targets = {"de", "fr"};
  auto bare = std::make_shared<ServedModel>();
  bare->info.compute_type = ComputeType::kBF16;
  bare->info.widens_bf16 = true;
  auto encoder = std::make_shared<ServedModel>();
  encoder->info.kind = ModelKind::kEncoder;
  encoder->info.architecture = "BertModel";
  encoder->info.compute_type = ComputeType::kF32;
  encoder->info.encoder.embedding_dim = 384;
  encoder->info.encoder.max_tokens = 256;
  EXPECT_EQ(
      ReadyLine({.grpc = "127.0.0.1:1"},
                {{.name = "a", .state = ModelState::kReady, .model = pairs},
                 {.name = "b", .state = ModelState::kReady, .model = targets},
                 {.name = "c", .state = ModelState::kReady, .model = bare},
                 {.name = "d", .state = ModelState::kFailed},
                 {.name = "e", .state = ModelState::kReady, .model = encoder}}),
      "parley-server ready: grpc 127.0.0.1:1, models: "
      "a (translation, 1 pair, f32), b (translation, 2 target languages, "
      "f32), c (translation, bf16 widened to f32), d (FAILED), "
      "e (encoder, BertModel, "
      "384 dimensions, 256 tokens, f32)");
}

TEST(ReadyLineTest, NamesTheAdminPortWhereThereIsOne) {
  EXPECT_EQ(ReadyLine({.grpc = "127.0.0.1:1", .admin = "127.0.0.1:2"}, {}),
            "parley-server ready: grpc 127.0.0.1:1, admin 127.0.0.1:2, models: "
            "none yet");
}

TEST(ReadyLineTest, NamesTheMetricsPortWhereThereIsOne) {
  EXPECT_EQ(
      ReadyLine({.grpc = "127.0.0.1:1", .metrics = "127.0.0.1:2"},
                {{.name = "d", .state = ModelState::kFailed}}),
      "parley-server ready: grpc 127.0.0.1:1, metrics 127.0.0.1:2, models: "
      "d (FAILED)");
}

}  // namespace
}  // namespace parley
