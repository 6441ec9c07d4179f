#include <gtest/gtest.h>

#include <ptero/core/units.hpp>

namespace ptero {
namespace {

TEST(Units, LengthsAsPeopleSpellThem) {
  for (const char* text : {"um", "UM", "\xC2\xB5m", "\xCE\xBCm", "\xB5m", "micron", "Microns", "micrometer",
                           "micrometers", "Micrometre", "MICROMETRES", " um ", "[um]", "(\xC2\xB5m)"})
    EXPECT_EQ(metres_in(text), 1e-6) << text;
  for (const char* text : {"mm", "MM", "millimeter", "millimeters", "Millimetre"})
    EXPECT_EQ(metres_in(text), 1e-3) << text;
  for (const char* text : {"A", "\xC3\x85", "\xE2\x84\xAB", "angstrom", "Angstroms"})
    EXPECT_EQ(metres_in(text), 1e-10) << text;
  for (const char* text : {"m", "M", "metre", "Meters"}) EXPECT_EQ(metres_in(text), 1) << text;
  EXPECT_EQ(metres_in("nm"), 1e-9);
  EXPECT_EQ(metres_in("picometres"), 1e-12);
  EXPECT_EQ(metres_in("km"), 1e3);
  for (const char* text : {"", "furlong", "eV", "px", "mmm", "s", "ummm"})
    EXPECT_FALSE(metres_in(text)) << text;
}

TEST(Units, EnergiesAsPeopleSpellThem) {
  for (const char* text : {"keV", "KeV", "kev", "KEV", "kiloelectronvolt"})
    EXPECT_EQ(electronvolts_in(text), 1e3) << text;
  for (const char* text : {"eV", "ev", "electronvolt", "Electronvolts"})
    EXPECT_EQ(electronvolts_in(text), 1) << text;
  EXPECT_EQ(electronvolts_in("MeV"), 1e6);
  EXPECT_EQ(electronvolts_in("meV"), 1e-3);
  EXPECT_FALSE(electronvolts_in("mev"));
  EXPECT_NEAR(*electronvolts_in("joules") * 1.602176634e-19, 1, 1e-12);
  EXPECT_FALSE(electronvolts_in("m"));
}

TEST(Units, ElectronsAreShorterThanPhotons) {
  // Relativistic de Broglie: 2.5079 pm at 200 keV, 1.9687 pm at 300 keV.
  EXPECT_NEAR(electron_wavelength_m(200e3), 2.5079e-12, 1e-16);
  EXPECT_NEAR(electron_wavelength_m(300e3), 1.9687e-12, 1e-16);
}

}  // namespace
}  // namespace ptero
