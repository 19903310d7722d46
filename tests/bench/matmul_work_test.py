"""What the benchmarks count as multiplications."""

import unittest

import bench_path  # noqa: F401
import matmul_work


def multiply_adds(work):
    return sum(times * rows * inner * outer
               for times, rows, inner, outer in work)


class MatmulWorkTest(unittest.TestCase):
    def test_translation(self):
        config = {"d_model": 512, "encoder_ffn_dim": 2048,
                  "decoder_ffn_dim": 2048, "encoder_layers": 6,
                  "decoder_layers": 6, "vocab_size": 58101}
        source_token = multiply_adds(matmul_work.translation(1, 0, 1, config))
        target_token = multiply_adds(matmul_work.translation(0, 1, 1, config))
        self.assertEqual(source_token,
                         6 * (4 * 512 * 512 + 2 * 512 * 2048)
                         + 6 * 2 * 512 * 512)
        self.assertEqual(target_token,
                         6 * (6 * 512 * 512 + 2 * 512 * 2048) + 512 * 58101)
        # Steps repeat the decoder, and nothing else.
        self.assertEqual(
            multiply_adds(matmul_work.translation(10, 4, 20, config)),
            10 * source_token + 80 * target_token)

    def test_encoder(self):
        config = {"hidden_size": 384, "intermediate_size": 1536,
                  "num_hidden_layers": 6}
        self.assertEqual(
            multiply_adds(matmul_work.encoder(7, config)),
            7 * 6 * (4 * 384 * 384 + 2 * 384 * 1536))


if __name__ == "__main__":
    unittest.main()
